"""系统状态: one line per part, what is wrong with it, and what to do.

``life`` marks only what impairs a way to 110, 119, 120 or 122.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Final

from agent_desk.views import Check
from hotline.errors import HotlineError
from ivr.ami import Ami
from ivr.ami_link import LinkState
from ivr.speech_model import SMALL, NoModel, read_model
from ledger.store import Ledger
from switchboard.answers import OpenedSearch
from switchboard.live import Live
from switchboard.settings import Settings
from switchboard.site import Speech

LOW_DISK: Final = 2 * 1024**3
TRUNKS: Final = (1, 2)


class Health:
    """Implements :class:`agent_desk.ports.Doctor`."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        live: Live,
        ami: Ami,
        speech: Speech,
        search: OpenedSearch,
    ) -> None:
        self._search = search
        self._speech = speech
        self._settings = settings
        self._ledger = ledger
        self._live = live
        self._ami = ami

    async def checks(self) -> Sequence[Check]:
        """Every part, the way to the emergency services first."""
        parts: list[Callable[[], Coroutine[Any, Any, Check]]] = [
            self._exchange,
            self._database,
            self._disk,
        ]
        found = [await self._trunk(number) for number in TRUNKS]
        return [
            *found,
            *[await part() for part in parts],
            self._seats(),
            self._ears(),
            self._answers(),
        ]

    async def _trunk(self, number: int) -> Check:
        part = f"报警中继 {number}"
        if self._ami.state is not LinkState.UP:
            return Check(part=part, ok=False, now="查不到：与交换机的连接断开", life=False)
        try:
            reachable = await self._reachable(f"emergency-{number}")
        except HotlineError:
            return Check(part=part, ok=False, now="查不到：交换机没有回答", life=False)
        return Check(
            part=part,
            ok=reachable,
            now="可达" if reachable else "不可达",
            do="" if reachable else "请检查报警中心一侧的线路；另一条中继和紧急队列仍在工作",
            life=not reachable,
        )

    async def _reachable(self, endpoint: str) -> bool:
        """By the endpoint's device state, which its qualify (every 2 s) keeps true."""
        answer = await self._ami.act(
            {
                "Action": "Getvar",
                "Variable": f"DEVICE_STATE(PJSIP/{endpoint})",
            }
        )
        return answer[0].get("Value", "") not in {"UNAVAILABLE", "INVALID", "UNKNOWN", ""}

    async def _exchange(self) -> Check:
        gap = self._live.gap_since()
        if gap is None and self._ami.state is LinkState.UP:
            return Check(part="交换机", ok=True, now="线路正常")
        return Check(
            part="交换机",
            ok=False,
            now="连接中断：电话由交换机自己接听、排队，数字稍后补齐",
            do="持续一分钟以上请看 DATA/log/asterisk.log",
        )

    async def _database(self) -> Check:
        trouble = self._ledger.journal.failing
        if trouble is not None:
            return Check(
                part="数据库",
                ok=False,
                now=f"写不进：{trouble.why}；{trouble.waiting} 条记录在内存里等",
                do="请检查磁盘；电话和紧急键不受影响",
            )
        try:
            await self._ledger.bookmarks.get("health")
        except HotlineError as failing:
            return Check(part="数据库", ok=False, now=str(failing), do="请检查磁盘与数据库")
        return Check(part="数据库", ok=True, now="可读写")

    async def _disk(self) -> Check:
        free = shutil.disk_usage(self._settings.data).free
        ok = free > LOW_DISK
        return Check(
            part="磁盘",
            ok=ok,
            now=f"剩余 {free / 1024**3:.1f} GB",
            do="" if ok else "请清理或扩充：写满时先停录音，电话不受影响",
        )

    def _seats(self) -> Check:
        strip = self._live.strip()
        at_work = strip.ready + strip.talking + strip.wrap_up
        return Check(
            part="席位",
            ok=at_work > 0,
            now=f"就绪 {strip.ready}，通话 {strip.talking}，整理 {strip.wrap_up}",
            do="" if at_work else "没有话务员在席：来电会听到致歉后被告知回拨",
        )

    def _ears(self) -> Check:
        """Which model listens, and what can be expected of it."""
        if not self._speech.listen:
            return Check(part="语音识别", ok=True, now="未启用（site.toml 的 [speech] listen）")
        try:
            model = read_model(Path(self._speech.model) if self._speech.model else None)
        except NoModel as missing:
            return Check(part="语音识别", ok=False, now=str(missing), do="电话照常，只是没有原话")
        small = model.folder == SMALL
        return Check(
            part="语音识别",
            ok=True,
            now="随附小模型：只认识几百个热线用词" if small else f"模型 {model.name}",
            do="正式使用请把公开模型的目录写进 site.toml 的 [speech] model" if small else "",
        )

    def _answers(self) -> Check:
        """Whether answer cards can stand beside a call."""
        trouble, articles = self._search.trouble, self._search.articles
        if trouble:
            return Check(
                part="知识检索",
                ok=False,
                now=trouble,
                do="电话照常，只是没有答案卡；一分钟内会再试，仍不行请删去 DATA/search 后重启",
            )
        if articles is None:
            waits = "正在打开" if self._speech.listen else "未启用：没有原话，就没有答案卡"
            return Check(part="知识检索", ok=True, now=waits)
        return Check(part="知识检索", ok=True, now=f"{articles} 条")
