"""Units and users as an administrator keeps them, on a real database."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from agent_desk.unit_views import UnitForm, UserForm
from agent_desk.views import Person
from hotline.errors import BadInput
from hotline.words import Role, UnitId, UserId
from switchboard.desk_units import DeskUnits, DeskUsers
from switchboard.table_files import read_table, write_csv
from tests.switchboard.test_desk_books import PACKS
from tests.switchboard.test_desk_handling import BOSS, Case, a_case, at

pytestmark = pytest.mark.anyio

ADMIN = Person(
    id=UserId("a1"), login="a1", name="周敏", roles=frozenset({Role.ADMINISTRATOR}), agent=None
)
WHOLE = UnitForm(
    code="jy",
    name="区教育局",
    parent="housing",
    duty="中小学、幼儿园",
    hours="工作日 9:00-17:30",
    phone="0758-0000001",
    first="区志华",
    deputy="陆建平",
    officer="邓志明",
)
OFFICER = UserForm(login="o9", name="钟晓明", roles=("officer",), unit="housing")


def units_of(case: Case, city: str = "zhaoqing") -> DeskUnits:
    rule = lambda moment: PACKS.policy(city, moment.date())  # noqa: E731 - as the process has it
    return DeskUnits(case.ledger, rule, lambda: at("2026-11-02 09:00"))


@pytest.mark.clause("ZQ-5", "HB-10(一)")
async def test_a_unit_is_kept_with_who_answers_for_it_and_its_history(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        book = units_of(case)
        await book.save(WHOLE, new=True, who=ADMIN)
        await book.save(replace(WHOLE, deputy="何静"), new=False, who=ADMIN)
        full = await book.unit(UnitId("jy"))
        assert full.row.form == replace(WHOLE, deputy="何静")
        assert full.row.level == 1
        assert [one.what for one in full.history] == ["修改分管负责人", "新建"]


async def test_what_stopping_a_unit_would_mean_is_said_and_it_is_not_removed(
    tmp_path: Path,
) -> None:
    async with a_case(tmp_path) as case:
        book = units_of(case)
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        effect = (await book.unit(UnitId("housing"))).effect
        assert dict(effect.by_status) == {"待签收": 1}
        with pytest.raises(BadInput, match="还有1件没有办结"):
            await book.remove(UnitId("housing"), ADMIN)
        await book.set_closed(UnitId("housing"), True, ADMIN)
        now = await case.handling.now(case.number, BOSS, at("2026-11-02 11:00"))
        assert "区住建局" in now.acts[0].text


@pytest.mark.clause("ZS-6")
async def test_a_committee_of_residents_cannot_be_kept_as_anything_that_may_lead(
    tmp_path: Path,
) -> None:
    async with a_case(tmp_path, "zhongshan") as case:
        book = units_of(case, "zhongshan")
        for name in ("东区社区居民委员会", "西居委会", "东村村委会"):
            with pytest.raises(BadInput, match="不得作为主责"):
                await book.save(UnitForm(code="x", name=name), new=True, who=ADMIN)
        form = UnitForm(code="x", name="西居委会", kind="居民委员会")
        await book.save(form, new=True, who=ADMIN)


@pytest.mark.clause("ZS-6")
async def test_a_unit_that_leads_does_not_become_one_that_never_leads(tmp_path: Path) -> None:
    async with a_case(tmp_path, "zhongshan") as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        form = UnitForm(code="housing", name="某某", kind="村民委员会")
        with pytest.raises(BadInput, match="第六条"):
            await units_of(case, "zhongshan").save(form, new=False, who=ADMIN)


async def test_a_table_written_out_and_read_again_changes_nothing(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        book = units_of(case)
        await book.save(replace(WHOLE, duty="=1+1"), new=True, who=ADMIN)
        table = await book.table()
        assert "'=1+1" in str(read_table(table))
        preview = await book.preview(table)
        assert (preview.wrong, preview.lines) == ((), ())


async def test_every_wrong_cell_of_a_table_is_named_and_nothing_is_stored(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        book = units_of(case)
        table = write_csv(
            [
                ["代码", "名称", "性质", "上级单位", "排序"],
                ["好的", "教育局", "部门", "", "1"],
                ["b", "东村村委会", "部门", "", "1"],
                ["c", "公安局", "局", "", "x"],
                ["d", "体育局", "部门", "nobody", ""],
                ["e", "@SUM", "部门", "", ""],
            ]
        )
        wrong = (await book.preview(table)).wrong
        assert [(one.row, one.column) for one in wrong] == [
            (2, "代码"),
            (3, "性质"),
            (4, "排序"),
            (5, "代码"),
            (6, "名称"),
        ]
        with pytest.raises(BadInput):
            await book.bring_in(table, ADMIN)
        assert {row.form.code for row in await book.units()} == {"housing", "order"}


async def test_users_come_by_table_and_those_there_are_stay_as_they_are(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        users = DeskUsers(case.ledger)
        id_ = await users.add(OFFICER, "hash", ADMIN)
        assert (await case.ledger.accounts.user(id_)).must_change
        rows = [
            ["登录名", "姓名", "角色", "承办单位", "席位"],
            ["o9", "别的名字", "承办人员", "区住建局", ""],
            ["o10", "钟晓亮", "承办人员", "区城管局", ""],
        ]
        preview, fresh = await users.read(write_csv(rows))
        assert preview.lines == ("新建 o10 钟晓亮",)
        assert fresh == (UserForm(login="o10", name="钟晓亮", roles=("officer",), unit="order"),)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (replace(OFFICER, unit=""), "unit"),
        (replace(OFFICER, unit="nobody"), "unit"),
        (replace(OFFICER, roles=("king",)), "roles"),
        (replace(OFFICER, login="有人"), "login"),
        (UserForm(login="x1", name="甲", roles=("agent",)), "agent"),
    ],
)
async def test_a_user_that_cannot_be_is_refused_by_its_field(
    tmp_path: Path, form: UserForm, field: str
) -> None:
    async with a_case(tmp_path) as case:
        with pytest.raises(BadInput) as refused:
            await DeskUsers(case.ledger).add(form, "hash", ADMIN)
        assert refused.value.field == field


async def test_a_change_of_roles_logs_out_and_stands_in_the_history(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        users, accounts = DeskUsers(case.ledger), case.ledger.accounts
        id_ = await users.add(OFFICER, "hash", ADMIN)
        until = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
        await accounts.open_session(id_, token_hash="h", csrf="c", expires_at=until)
        assert (await accounts.user(id_)).last_login_at is not None
        await users.change(id_, replace(OFFICER, roles=("auditor",), unit=""), ADMIN)
        assert await accounts.session("h") is None
        assert [one.what for one in await users.history(id_)] == ["修改角色、单位", "新建"]
