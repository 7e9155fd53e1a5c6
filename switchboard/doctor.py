"""``./jiesu doctor``: what this machine and this DATA have, what is wrong, what to do.

Looks only: nothing is fetched, started or changed. The parts of a running system are looked at more
closely on its page 系统状态.
"""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from asterisk_conf import exchange
from asterisk_conf.debian import find_tool
from hotline.errors import HotlineError
from switchboard.emergency_trunks import Standing, standing
from switchboard.prerequisites import apt_line
from switchboard.running import NotRunning, running_system
from switchboard.settings import Settings
from switchboard.site import BadSite, load_site
from switchboard.terminal import tell

LEAST_DISK = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: whether it is well, how it is now, and what to do when it is not."""

    part: str
    ok: bool
    now: str
    do: str = ""


def command(settings: Settings, *, as_json: bool) -> int:
    """Print every finding; 1 when something stands in the way of taking calls."""
    found = list(findings(settings))
    if as_json:
        tell(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1))
    else:
        for one in found:
            tell(f"{'正常' if one.ok else '注意'}  {one.part}：{one.now}")
            if one.do:
                tell(f"      {one.do}")
    return 0 if all(one.ok for one in found) else 1


def findings(settings: Settings) -> Iterator[Finding]:
    """Every part, in the order a start needs them."""
    looks: tuple[Callable[[Settings], Finding], ...] = (
        data,
        disk,
        site,
        emergency,
        asterisk,
        voice,
        running,
    )
    for look in looks:
        yield look(settings)


def data(settings: Settings) -> Finding:
    """DATA belongs to one user and is closed to others."""
    folder = settings.data
    if not folder.exists():
        return Finding("数据目录", ok=True, now=f"{folder} 还没有，首次启动时建立")
    mode = stat.S_IMODE(folder.stat().st_mode)
    # As root the way to Asterisk's own folder is open for passing through (x), never for reading.
    if mode & 0o066:
        return Finding("数据目录", ok=False, now=f"{folder} 别人也能读", do=f"chmod 700 {folder}")
    return Finding("数据目录", ok=True, now=str(folder))


def disk(settings: Settings) -> Finding:
    place = next(path for path in (settings.data, *settings.data.parents) if path.exists())
    free = shutil.disk_usage(place).free
    now = f"剩余 {free / 1024**3:.1f} GB"
    if free < LEAST_DISK:
        return Finding("磁盘", ok=False, now=now, do="请腾出空间：录音先停，报警不受影响")
    return Finding("磁盘", ok=True, now=now)


def site(settings: Settings) -> Finding:
    try:
        load_site(settings.site_file)
    except BadSite as bad:
        return Finding("设置", ok=False, now=f"{len(bad.faults)} 处不对", do=" ".join(bad.faults))
    there = settings.site_file.exists()
    return Finding("设置", ok=True, now=str(settings.site_file) if there else "全部用默认值")


def emergency(settings: Settings) -> Finding:
    try:
        found = standing(load_site(settings.site_file), settings.data)
    except BadSite:
        return Finding("报警中心", ok=False, now="设置有误，无法判断", do="先改好设置")
    if found is Standing.UNCONFIRMED:
        todo = "./jiesu emergency confirm"
        return Finding("报警中心", ok=False, now="真实报警中心尚未二次确认", do=todo)
    stand_in = found is Standing.STAND_IN
    return Finding("报警中心", ok=True, now="模拟" if stand_in else "真实，已二次确认")


def asterisk(settings: Settings) -> Finding:
    try:
        one = exchange.find(settings.cache, may_fetch=False)
    except HotlineError:
        return Finding("Asterisk", ok=True, now="本机没有合用的，启动时下载到缓存")
    return Finding("Asterisk", ok=True, now=f"{one.version}（{one.modules}）")


def voice(settings: Settings) -> Finding:
    """Wished for by `call --say`, not needed to take calls."""
    lacking = [
        name
        for name in ("espeak-ng", "sox")
        if find_tool(name, settings.cache, may_fetch=False) is None
    ]
    if lacking:
        how = f"首次使用时下载，或：{apt_line(*lacking)}"
        return Finding("语音合成", ok=True, now=f"没有 {'、'.join(lacking)}", do=how)
    return Finding("语音合成", ok=True, now="有")


def running(settings: Settings) -> Finding:
    try:
        state = running_system(settings.run)
    except NotRunning:
        return Finding("运行", ok=True, now="没有在运行", do="./jiesu up")
    dead = [name for name, one in state.children.items() if not one.alive()]
    if not state.foreman.alive():
        return Finding("运行", ok=False, now="只剩交换机在独立工作", do="./jiesu up 会接管它")
    if dead:
        log = Path(settings.log) / f"{dead[0]}.log"
        return Finding("运行", ok=False, now=f"{'、'.join(dead)} 停了，正在重启", do=f"日志：{log}")
    return Finding("运行", ok=True, now=f"在运行，网页 {state.places.get('web', '？')}")
