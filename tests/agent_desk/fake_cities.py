"""Two cities to compare: one matter differs, of one a city is silent, one is the same."""

from __future__ import annotations

from agent_desk.city_views import CitiesCompared, City, RuleRow, Said
from hotline.errors import BadInput

CITIES = {
    code: City(code=code, area=area, document=f"{area}热线办法")
    for code, area in (("east", "东市"), ("west", "西市"))
}


def said(text: str, *, silent: bool = False) -> Said:
    standing = "已查第三条" if silent else "第三条"
    return Said(text=text, standing=standing, quote="" if silent else f"…{text}…", silent=silent)


class FakeCities:
    """Implements :class:`agent_desk.city_views.Cities`."""

    def compare(self, left: str, right: str) -> CitiesCompared:
        for code in (left, right):
            if code and code not in CITIES:
                raise BadInput("city", f"没有“{code}”的规则包")
        silent = said("本市办法未规定", silent=True)
        five, seven = said("5个工作日"), said("7个工作日")
        rows = (("办理期限", "投诉", five, seven), ("办理期限", "签收", silent, five))
        return CitiesCompared(
            cities=tuple(CITIES.values()),
            left=CITIES[left or "east"],
            right=CITIES[right or "west"],
            rows=(
                *(
                    RuleRow(section=part, label=label, left=a, right=b, same=False)
                    for part, label, a, b in rows
                ),
                RuleRow(section="评价", label="几档", left=five, right=five, same=True),
            ),
        )
