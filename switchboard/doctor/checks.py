"""Every check, in the order in which a start needs the parts."""

from __future__ import annotations

from typing import Final

from switchboard.doctor import (
    certificates,
    copies,
    exchange,
    house,
    lines,
    machine,
    rules,
    sound,
    speech,
    storage,
)
from switchboard.doctor.finding import LIVE, WHEN_ASKED, Check
from switchboard.doctor.rounds import in_thread

CHECKS: Final = (
    Check(name="running", title="运行", look=in_thread(house.processes), fresh_s=LIVE),
    Check(name="site", title="设置", look=in_thread(rules.site)),
    Check(name="data", title="数据目录", look=in_thread(storage.data)),
    Check(name="asterisk", title="Asterisk", look=exchange.asterisk, fresh_s=LIVE),
    Check(name="modules", title="交换机模块", look=exchange.modules, fresh_s=LIVE),
    Check(name="ami", title="AMI", look=exchange.ami, fresh_s=LIVE),
    Check(name="audio", title="声音", look=sound.audio, fresh_s=WHEN_ASKED),
    Check(name="trunks", title="中继", look=lines.trunks, fresh_s=LIVE),
    Check(name="model", title="语音模型", look=speech.model, fresh_s=WHEN_ASKED),
    Check(name="workers", title="识别进程", look=in_thread(speech.workers), fresh_s=LIVE),
    Check(name="database", title="数据库", look=storage.database, fresh_s=WHEN_ASKED),
    Check(name="backup", title="备份", look=in_thread(copies.backup)),
    Check(name="disk", title="磁盘", look=in_thread(storage.disk)),
    Check(name="recordings", title="录音", look=in_thread(storage.recordings)),
    Check(name="attachments", title="附件", look=in_thread(storage.attachments)),
    Check(name="clock", title="时钟", look=machine.clock),
    Check(name="ports", title="端口", look=in_thread(machine.ports)),
    Check(name="calendar", title="日历", look=in_thread(rules.calendar)),
    Check(name="packs", title="规则包", look=in_thread(rules.packs)),
    Check(name="certificates", title="证书", look=in_thread(certificates.certificates)),
    Check(name="voice", title="语音合成", look=in_thread(exchange.voice)),
)

AT_A_GLANCE: Final = (
    Check(name="audio", title="声音", look=sound.audio_on_disk),
    Check(name="model", title="语音模型", look=speech.model_on_disk),
    Check(name="database", title="数据库", look=storage.database_at_a_glance, fresh_s=LIVE),
)
"""What a page shows of those that wait to be asked for, until somebody asks."""
