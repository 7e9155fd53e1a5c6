"""The one screen ``up`` ends with: addresses, log-ins, what to dial and how, what is missing."""

from __future__ import annotations

from collections.abc import Mapping

from hotline.policy import Policy
from ivr.speech_model import PUBLIC, PUBLIC_AT
from switchboard.demonstration import read_log_ins
from switchboard.running import Place
from switchboard.settings import Settings, find_settings
from switchboard.site import Speech
from switchboard.tls_files import Brought

SHOWN_AGENTS = 2


def welcome(
    settings: Settings,
    places: Mapping[str, Place],
    policy: Policy,
    *,
    speaks: bool,
    speech: Speech,
    tls: Brought | None = None,
) -> str:
    """The screen, in Chinese, at most 24 lines of 80 columns where paths are short, and a
    few more where seats elsewhere have to trust us first."""
    number = places["access_number"]
    lines = [
        "",
        f"接诉台已就绪，可以接电话。城市：{policy.area}（{places['city']}）  演示数据",
        "",
        f"  网页      {places['web']}",
        *_seats(places, tls),
        *_log_ins(settings),
        f'  电话      拨 {number}：./jiesu call --say "你好，我要投诉小区噪声"{_where(settings)}',
        f"            紧急键：./jiesu call --keys 9,2{_where(settings)}（119 是模拟的）",
        f'            没有浏览器时：./jiesu seat 1001 --say "您好，请讲"{_where(settings)}',
        f"  SIP 话机  {places['seat_host']}:{places['sip_port']}（UDP），坐席号 1001–1012",
        f"            密码见 {settings.secrets_file}",
        f"  数据      {settings.data}",
    ]
    if places["emergency_live"]:
        lines.append("  注意      已接真实报警中心：110、119、120、122 会打到真人。")
    if speech.listen:
        lines += _ears(speech)
    if not speaks:
        lines.append("  缺少      语音合成 espeak-ng（call --say 要用）：apt install espeak-ng")
    return "\n".join([*lines, "", "按 Ctrl-C 结束。"])


def _seats(places: Mapping[str, Place], tls: Brought | None) -> list[str]:
    """How a seat elsewhere on the network comes to trust us; the long form is on /trust."""
    if tls is None:
        return []
    if not tls.ca:
        return [f"            用单位自己的证书：{tls.state.now}"]
    digits = tls.fingerprint
    return [
        "  坐席      首次须信任本系统的 CA：在坐席上打开下面的地址，核对指纹后安装",
        f"            {places['web']}/trust",
        f"  CA 指纹   {digits[:47]}",
        f"  (SHA-256) {digits[48:]}",
        "            Windows：certutil -addstore -f Root jiesu-ca.crt（管理员）",
        "            统信、麒麟：放进 /usr/local/share/ca-certificates/ 后",
        "            sudo update-ca-certificates，浏览器另见 docs/lan-seats.md",
    ]


def _where(settings: Settings) -> str:
    """Other commands need ``--data`` only when this is not the default place."""
    return "" if settings.data == find_settings().data else f" --data {settings.data}"


def _ears(speech: Speech) -> list[str]:
    """Which model listens; what the small one is worth, and where there are others."""
    if speech.model:
        return [f"  识别      {speech.model}"]
    return [
        "  识别      随附小模型只认识几百个热线用词；公开模型用 --model 目录：",
        f"            {'、'.join(PUBLIC)}，见 {PUBLIC_AT}",
    ]


def _log_ins(settings: Settings) -> list[str]:
    """A few of the demonstration's log-ins; all of them stand in users.txt."""
    known = read_log_ins(settings.users_file)
    if not known:
        return [f"  登录      用户由管理员维护；演示用户文件 {settings.users_file} 不存在"]
    agents = [row for row in known if row[0].isdigit()][:SHOWN_AGENTS]
    others = [row for row in known if row[0] in ("banzhang", "guanli")]
    lines = []
    for i, (login, password, name, role) in enumerate([*agents, *others]):
        title = "  登录      " if i == 0 else "            "
        lines.append(f"{title}{login}  {password}  {name}（{role}）")
    return [*lines, f"            其余 {len(known) - len(lines)} 人见 {settings.users_file}"]
