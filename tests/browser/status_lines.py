"""What 系统状态 may have to show: every part, one of each kind of trouble, and long words."""

from __future__ import annotations

import datetime as dt

from agent_desk.views import Check
from tests.agent_desk.fakes import MORNING, Town

_EARLIER = MORNING - dt.timedelta(minutes=17)
_CALENDAR = (
    "国务院办公厅的通知发布后（一般在 11 月），"
    "请用 ./jiesu city calendar import 录入2027年的放假通知，写法见 hotline/policies/README.md"
)
_SMALL = (
    "正式使用请换公开模型 vosk-model-small-cn-0.22 或 vosk-model-cn-0.22"
    "（见 alphacephei.com/vosk/models），用 --model 目录"
)
WELL = (
    Check(part="运行", state="ok", now="在运行，网页 http://127.0.0.1:8080"),
    Check(part="设置", state="ok", now="/var/lib/jiesu/site.toml"),
    Check(part="数据目录", state="ok", now="/var/lib/jiesu"),
    Check(part="Asterisk", state="ok", now="22.10.1，正在运行"),
    Check(part="交换机模块", state="ok", now="91 个全部装入"),
    Check(part="AMI", state="ok", now="已登录，端口 5038"),
    Check(
        part="声音",
        state="ok",
        now="73 个提示音齐全，交换机放音听得到",
        at=_EARLIER,
        asked=True,
    ),
    Check(part="中继", state="ok", now="运营商：固定 IP 10.20.30.40；真实报警中心两条中继可达"),
    Check(
        part="语音模型",
        state="ok",
        now="随附的小模型：只认识几百个热线用词，只听过合成语音，能装入",
        do=_SMALL,
        at=_EARLIER,
        asked=True,
    ),
    Check(part="识别进程", state="ok", now="1 个在工作（进程号 4711）"),
    Check(
        part="数据库",
        state="ok",
        now="PostgreSQL 15.20，可读，表的版本 0003；完整性由数据库服务自己检查",
        asked=True,
    ),
    Check(part="备份", state="ok", now="最近一份 2026-09-28 03:30，共 7 份（每天 03:30 自动备份）"),
    Check(part="磁盘", state="ok", now="/var/lib/jiesu 剩余 412.6 GB（下限 2 GB）"),
    Check(part="录音", state="ok", now="8231 段 21.4 GB，上限 50 GB，保存 180 天"),
    Check(part="时钟", state="ok", now="北京时间 2026-09-28 10:42，已与标准时间同步"),
    Check(
        part="端口",
        state="ok",
        now="网页 8080、SIP 5060、浏览器电话 8088、AMI 5038、语音 20000–20399，都是自己的",
    ),
    Check(part="日历", state="ok", now="2026、2027 年的放假安排都已导入"),
    Check(
        part="规则包",
        state="ok",
        now="5 地：广元市、贵州省、河北省（市级）、肇庆高新区、中山市；本地补充 1 个文件",
    ),
    Check(part="证书", state="ok", now="10.20.30.5：证书有效至 2027-10-29（还有 395 天）"),
    Check(part="席位", state="ok", now="就绪 3，通话 7，整理 1"),
    Check(part="知识检索", state="ok", now="85 条"),
)
ILL = {
    "中继": Check(
        part="中继",
        state="warn",
        now="运营商：固定 IP 10.20.30.40；真实报警中心 第 1 中继不可达",
        do="请检查报警中心一侧的线路；另一条中继和紧急队列仍在工作",
        life=True,
    ),
    "识别进程": Check(
        part="识别进程",
        state="fault",
        now="没有识别进程在工作",
        do="电话照常，只是没有原话，也听不出说出来的险情；先看语音模型一行，"
        "再看 /var/lib/jiesu/log/server.log",
    ),
    "规则包": Check(
        part="规则包",
        state="fault",
        now="/var/lib/jiesu/policies/zhaoqing.toml：pack.document：缺少这一项",
        do="请照这句话改，改好后重新启动 ./jiesu up",
    ),
    "日历": Check(
        part="日历",
        state="warn",
        now="2026 年已导入；2027 年没有导入，跨到该年的办理期限标为暂定",
        do=_CALENDAR,
    ),
}


async def all_well(town: Town) -> None:
    """Nothing is to be done."""
    town.doctor.lines = WELL


async def some_ill(town: Town) -> None:
    """A trunk is away, two parts are broken, the calendar is behind."""
    town.doctor.lines = tuple(ILL.get(one.part, one) for one in WELL)
