"""``./jiesu up``: from a bare clone to a hotline that takes calls, on one screen.

Prepares DATA, the database and Asterisk's configuration, starts the stand-in emergency centre,
Asterisk and the Jiesu process under the foreman, waits until calls can be taken, and says where
everything is. A second ``up`` on a DATA whose foreman was killed adopts the running Asterisk.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from asterisk_conf import certificate, exchange
from asterisk_conf import plan as pl
from asterisk_conf.debian import Tool, find_tool
from asterisk_conf.errors import BadPlan, ExchangeFailed, FetchFailed
from hotline.errors import HotlineError
from hotline.policy import ZONE, Policy
from ivr.speech_model import NoModel, read_model
from ledger.migrate import migrate
from ledger.store import open_ledger
from switchboard import demonstration, exchange_apart, exchange_plan, policies
from switchboard.centre_socket import CentreAway, CentreSaysNo, ask_centre
from switchboard.clock import utc_now
from switchboard.demo_directory import seed_directory
from switchboard.demo_knowledge import seed_articles
from switchboard.emergency_trunks import Standing, refuse_unless_confirmed, standing
from switchboard.foreman import Child, ChildFailed, Foreman
from switchboard.lan import Lan, Typed, decide
from switchboard.refusals import Refusal
from switchboard.seats_elsewhere import Renewal, published, renewing, web_answers
from switchboard.secrets_file import Secrets, ensure_secrets, refuse_lost
from switchboard.settings import Settings, find_settings
from switchboard.site import Site, load_site
from switchboard.site_template import write_template
from switchboard.terminal import progress, step, tell
from switchboard.tls_files import Brought, bring
from switchboard.versions import CODE_VERSION
from switchboard.welcome import welcome

DEFAULT_CITY: Final = "zhaoqing"


class CannotStart(Refusal):
    """One Chinese sentence: why ``up`` stops here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was typed behind ``./jiesu up``; None where nothing was. Without `exchange` Asterisk is
    started by somebody else (exchange_apart.py)."""

    data: Path | None = None
    port: int | None = None
    city: str | None = None
    exchange: bool = True
    model: Path | None = None
    listen: str | None = None
    cert: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Everything known before the first process starts."""

    settings: Settings
    site: Site
    city: str
    policy: Policy
    secrets: Secrets
    installation: exchange.Installation
    live_emergency: bool
    voice: Tool | None
    lan: Lan
    tls: Brought | None


async def up(wish: Wish) -> int:
    """Run the system until Ctrl-C. Raises a Refusal with its sentence where it cannot start."""
    try:
        prepared = await prepare(wish)
        async with Foreman.at(prepared.settings) as foreman:
            renewal = await _start_all(prepared, foreman, wish)
            tell(
                welcome(
                    prepared.settings,
                    foreman.places,
                    prepared.policy,
                    speaks=prepared.voice is not None,
                    speech=prepared.site.speech,  # with --model, where it was typed
                    tls=prepared.tls,
                )
            )
            async with renewing(renewal):
                await foreman.watch()
    except (FetchFailed, ExchangeFailed, BadPlan, HotlineError) as failure:
        raise CannotStart(str(failure)) from failure
    return 0


async def prepare(wish: Wish) -> Prepared:
    """Folders, settings, secrets, database, Asterisk: whatever can be done without a process."""
    settings = find_settings(wish.data)
    _make_data(settings)
    refuse_lost(settings.secrets_file, settings.database_file)
    site = with_model(load_site(settings.site_file), wish.model)
    refuse_unless_confirmed(site, settings.data)
    typed = Typed(listen=wish.listen, port=wish.port, cert=wish.cert, key=wish.key)
    lan = await asyncio.to_thread(decide, site, typed)
    tls = bring(settings.tls, lan, utc_now()) if lan.elsewhere else None
    packs = policies.load(settings.data)
    city = _city(settings, wish.city, packs)
    policy = packs.policy(city, utc_now().astimezone(ZONE).date())
    with step("查找 Asterisk"):
        installation = await _installation(settings, wish)
    with step("查找语音合成程序"):
        voice = await asyncio.to_thread(_voice, settings)
    secrets = ensure_secrets(settings.secrets_file, demonstration.agent_numbers())
    await _database(settings, site, secrets, city)
    return Prepared(
        settings=settings,
        site=site,
        city=city,
        policy=policy,
        secrets=secrets,
        installation=installation,
        live_emergency=standing(site, settings.data) is Standing.LIVE,
        voice=voice,
        lan=lan,
        tls=tls,
    )


async def _installation(settings: Settings, wish: Wish) -> exchange.Installation:
    if not wish.exchange:
        return await exchange_apart.installation(settings.asterisk)
    return await asyncio.to_thread(exchange.find, settings.cache, progress)


def with_model(site: Site, typed: Path | None) -> Site:
    """The site with the speech model that was typed. Raises NoModel when that is none: whoever
    names one wants it. One that site.toml names and that is gone is only told: calls come first.
    """
    speech = site.speech
    if typed is not None:
        if not speech.listen:
            progress("site.toml 的 [speech] listen = false：不识别，--model 不起作用。")
        speech = replace(speech, model=str(read_model(typed).folder))
    elif speech.listen and speech.model:
        try:
            read_model(Path(speech.model))
        except NoModel as missing:
            progress(f"{missing}；电话照接，只是没有原话。")
    return replace(site, speech=speech)


def _make_data(settings: Settings) -> None:
    fresh = not settings.data.exists()
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if fresh:
            settings.data.chmod(0o700)
        for folder in (settings.run, settings.log, settings.recordings):
            folder.mkdir(exist_ok=True, mode=0o700)
    except OSError as refused:
        raise CannotStart(
            f"不能写 {settings.data}（{refused.strerror}）：请用 --data 指定一个可写的目录。"
        ) from refused
    if not settings.site_file.exists():
        write_template(settings.site_file)


def _city(settings: Settings, wished: str | None, packs: policies.Packs) -> str:
    """One city per installation: what was chosen at the first start stays."""
    file = settings.data / "city"
    kept = file.read_text("utf-8").strip() if file.exists() else None
    city = wished or kept or DEFAULT_CITY
    if city not in packs.codes:
        raise CannotStart(f"没有城市 {city}：可选 {'、'.join(packs.codes)}。")
    if kept is not None and kept != city:
        raise CannotStart(
            f"{settings.data} 属于城市 {kept}：要用 {city}，请用 --data 指定另一个目录。"
        )
    if kept is None:
        file.write_text(city + "\n", "utf-8")
    return city


def _voice(settings: Settings) -> Tool | None:
    """The voice of ``./jiesu call --say``: wished for, not needed to take calls."""
    try:
        return find_tool("espeak-ng", settings.cache, progress)
    except FetchFailed:
        return None


async def _database(settings: Settings, site: Site, secrets: Secrets, city: str) -> None:
    url = settings.database_url(site.database.url)
    with step("准备数据库"):
        done = await migrate(url, settings.data / "backups")
    if done.backup is not None:
        progress(f"数据库已升级；升级前的备份在 {done.backup}")
    async with open_ledger(
        url,
        field_key=secrets.field_key,
        clock=utc_now,
        code_version=CODE_VERSION,
        city=city,
    ) as ledger:
        if await demonstration.seed(ledger, settings.users_file):
            await seed_directory(ledger, city, utc_now().astimezone(ZONE).date())
        if await ledger.bookmarks.get(demonstration.DEMO_MARK) is not None:
            await seed_articles(ledger, utc_now())


# ------------------------------------------------------------------------------------ processes


async def _start_all(prepared: Prepared, foreman: Foreman, wish: Wish) -> Renewal:
    settings, lan = prepared.settings, prepared.lan
    foreman.ports.also = lan.address
    if wish.exchange and foreman.left_places.get("seat_host", lan.address) != lan.address:
        progress("坐席的监听地址改了：交换机要重新启动。")
        await foreman.end_left("asterisk")
    plan = exchange_plan.build(_wanted(prepared, wish), foreman)
    adopted = foreman.left_running("asterisk") is not None and await exchange.booted(plan)
    if wish.exchange and not adopted and await exchange.booted(plan):
        raise CannotStart(
            f"{settings.data} 的交换机已由别的服务启动：请加 --no-exchange，或先结束它。"
        )
    await foreman.end_left("server")
    web_port = foreman.ports.claim(lan.web_port)
    _say_moved("网页", lan.web_port, web_port)
    foreman.publish(
        city=prepared.city,
        **published(lan, prepared.tls, web_port, plan.ports.web),
        sip_host=plan.bind_address,
        sip_port=plan.ports.sip,
        ami_port=plan.ports.ami,
        rtp_first=plan.ports.rtp_first,
        rtp_last=plan.ports.rtp_last,
        access_number=plan.access_numbers[0],
        emergency_live=int(prepared.live_emergency),
        emergency_trunk_1=f"{plan.emergency[0].host}:{plan.emergency[0].port}",
        emergency_trunk_2=f"{plan.emergency[1].host}:{plan.emergency[1].port}",
        citizen_host=exchange_plan.CITIZEN_HOST,
        carrier_port=plan.outbound.port if plan.outbound else 0,
        speech_model=prepared.site.speech.model,
    )
    laid = prepared.tls is not None and certificate.lay(plan, prepared.tls.combined)
    children = [_server_child(settings, str(foreman.places["web"]))]
    if wish.exchange:
        children.insert(0, _asterisk_child(prepared, plan))
        if not adopted:
            await asyncio.to_thread(exchange.prepare, plan, settings.data / "sounds", progress)
    else:
        with step("等待另行启动的交换机"):
            await exchange_apart.prepare(plan, settings.data / "sounds")
    if not prepared.live_emergency:
        children.append(_centre_child(prepared, plan))
    await _start_together(foreman, children)
    running_before = adopted or not wish.exchange
    return Renewal(settings, lan, plan, owed=laid and running_before)


async def _start_together(foreman: Foreman, children: Sequence[Child]) -> None:
    """Side by side: each can wait for the others, and it takes as long as the slowest. Raises the
    first ChildFailed."""
    failed: Sequence[BaseException] = ()
    try:
        async with asyncio.TaskGroup() as group:
            for child in children:
                group.create_task(foreman.start(child))
    except* ChildFailed as failures:
        failed = failures.exceptions
    if failed:
        raise failed[0]


def _say_moved(what: str, wished: int, got: int) -> None:
    if wished != got:
        progress(f"{what}端口 {wished} 已被占用，改用 {got}。")


def _wanted(prepared: Prepared, wish: Wish) -> exchange_plan.Wanted:
    return exchange_plan.Wanted(
        city=prepared.city,
        policy=prepared.policy,
        site=prepared.site,
        secrets=prepared.secrets,
        places=prepared.installation.places(prepared.settings.asterisk),
        agents=demonstration.agent_numbers(),
        live_emergency=prepared.live_emergency,
        lan=prepared.lan,
        apart=not wish.exchange,
    )


def _centre_child(prepared: Prepared, plan: pl.ExchangePlan) -> Child:
    settings, voice = prepared.settings, prepared.voice
    ports = [str(trunk.port) for trunk in plan.emergency]
    espeak = ["--espeak", shlex.join(voice.command)] if voice else []
    return Child(
        name="centre",
        title="模拟报警中心",
        command=[
            *(sys.executable, "-m", "switchboard.centre", "--data", str(settings.data)),
            *("--trunk-1", ports[0], "--trunk-2", ports[1]),
            *espeak,
        ],
        environment=voice.full_env() if voice else None,
        folder=settings.root,
        ready=lambda: _centre_answers(settings.data),
        adopt=lambda: _centre_answers(settings.data),
    )


async def _centre_answers(data: Path) -> bool:
    try:
        await ask_centre(data, {"do": "list"}, timeout=1.0)
    except (CentreAway, CentreSaysNo):
        return False
    return True


def _asterisk_child(prepared: Prepared, plan: pl.ExchangePlan) -> Child:
    tool = exchange.command(prepared.installation, plan)
    return Child(
        name="asterisk",
        title="Asterisk",
        command=tool.command,
        environment=tool.full_env(),
        user=exchange.run_user(),
        ready=lambda: exchange.booted(plan),
        adopt=lambda: exchange.booted(plan),
    )


def _server_child(settings: Settings, web: str) -> Child:
    return Child(
        name="server",
        title="接诉台服务",
        command=[sys.executable, "-m", "switchboard.serve", "--data", str(settings.data)],
        # Search asks for the sound of single characters: the phrases would be read for nothing.
        environment={**os.environ, "PYPINYIN_NO_PHRASES": "1"},
        folder=settings.root,
        ready=lambda: asyncio.to_thread(web_answers, web),
        grace=10.0,
    )
