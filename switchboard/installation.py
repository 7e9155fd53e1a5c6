"""What DATA says about this system, read once when the process starts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

from hotline.policy import ZONE, Policy
from hotline.words import Phone
from switchboard import policies
from switchboard.calendar_live import live_packs
from switchboard.running import Place, running_system
from switchboard.secrets_file import Secrets, load_secrets
from switchboard.settings import Settings, find_settings
from switchboard.site import Site, Speech, load_site


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What DATA says about this system."""

    settings: Settings
    site: Site
    secrets: Secrets
    packs: policies.Packs
    places: dict[str, Place]

    @staticmethod
    def read(data: Path) -> Installation:
        """Raises a Refusal or BadSite, each with its sentence."""
        settings = find_settings(data)
        return Installation(
            settings=settings,
            site=load_site(settings.site_file),
            secrets=load_secrets(settings.secrets_file),
            packs=live_packs(settings.data),
            places=dict(running_system(settings.run).places),
        )

    @property
    def city(self) -> str:
        return str(self.places["city"])

    def policy(self, at: dt.datetime) -> Policy:
        """The city's pack in force at a moment."""
        return self.packs.policy(self.city, at.astimezone(ZONE).date())

    def phone(self, raw: str) -> Phone:
        """A caller's number as this site's trunk writes it."""
        numbers = self.site.numbers
        return Phone.parse(raw, trunk_prefix=numbers.trunk_prefix, area_code=numbers.area_code)

    @property
    def database_url(self) -> str:
        own = self.site.database.url
        return own or f"sqlite+aiosqlite:///{self.settings.database_file}"

    @property
    def speech(self) -> Speech:
        """As site.toml says, with the model `up` was started with: it stands in state.json."""
        speech = self.site.speech
        return replace(speech, model=str(self.places.get("speech_model", speech.model)))
