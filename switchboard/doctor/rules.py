"""What the rules stand on: site.toml, the packs, the calendar of this and next year."""

from __future__ import annotations

from hotline.errors import BadPolicy, HotlineError
from hotline.policy import ZONE
from switchboard import policies
from switchboard.doctor.case import Case
from switchboard.doctor.finding import Finding, fault, warn, well
from switchboard.policies import Packs
from switchboard.site import BadSite, load_site

_CALENDAR_HELP = (
    "用 ./jiesu city calendar import 录入{year}年的放假通知，写法见 hotline/policies/README.md"
)


def site(case: Case) -> Finding:
    """site.toml, fault by fault."""
    file = case.settings.site_file
    try:
        load_site(file)
    except BadSite as bad:
        return fault(f"{len(bad.faults)} 处不对", " ".join(bad.faults))
    return well(str(file) if file.exists() else "全部用默认值")


def packs(case: Case) -> Finding:
    """Every city's pack makes a policy for today; what DATA lays over them is counted."""
    loaded = _load(case)
    if isinstance(loaded, Finding):
        return loaded
    today = case.clock.now().astimezone(ZONE).date()
    try:
        areas = [loaded.policy(code, today).area for code in loaded.codes]
    except HotlineError as wrong:
        return fault(str(wrong), "请照这句话改，改好后重新启动 ./jiesu up")
    own = sum(1 for file in loaded.files if file.own)
    told = f"{len(areas)} 地：{'、'.join(areas)}"
    return well(f"{told}；本地补充 {own} 个文件" if own else told)


def _load(case: Case) -> Packs | Finding:
    try:
        return policies.load(case.settings.data)
    except BadPolicy as wrong:
        return fault(str(wrong), "请照这句话改，或移走这个文件，再重新启动 ./jiesu up")


def calendar(case: Case) -> Finding:
    """Working days are certain only in years whose notice has been imported."""
    loaded = _load(case)
    if isinstance(loaded, Finding):
        return fault("查不出：规则包或日历读不懂", "先看规则包那一行")
    this = case.clock.now().astimezone(ZONE).year
    known = loaded.calendar.known_years
    missing = [year for year in (this, this + 1) if year not in known]
    if not missing:
        return well(f"{this}、{this + 1} 年的放假安排都已导入")
    how = _CALENDAR_HELP.format(year=missing[0])
    if this in missing:
        return fault(
            f"{'、'.join(map(str, missing))} 年的放假安排没有导入，今年的办理期限都是暂定",
            f"请{how}",
        )
    return warn(
        f"{this} 年已导入；{this + 1} 年没有导入，跨到该年的办理期限标为暂定",
        f"国务院办公厅的通知发布后（一般在 11 月），请{how}",
    )
