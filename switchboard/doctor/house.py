"""The processes of the running system."""

from __future__ import annotations

from switchboard.doctor.case import Case
from switchboard.doctor.finding import NOT_RUNNING, Finding, fault, well

_TITLES = {"asterisk": "交换机", "server": "接诉台服务", "centre": "模拟报警中心"}


def processes(case: Case) -> Finding:
    """The foreman, and everything it is to keep alive."""
    state = case.state
    if state is None:
        return well(NOT_RUNNING, "启动：./jiesu up")
    dead = [name for name, one in state.children.items() if not one.alive()]
    if not state.foreman.alive():
        return fault("照看各进程的主程序没有了，只剩交换机独立工作", "请运行 ./jiesu up，它会接管")
    if dead:
        titles = "、".join(_TITLES.get(name, name) for name in dead)
        log = case.settings.log / f"{dead[0]}.log"
        return fault(f"{titles}停了", f"会自动重启；反复停下请看 {log}")
    return well(f"在运行，网页 {case.places.get('web', '？')}")
