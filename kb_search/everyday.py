"""What people say whatever they call about: it is no sign of any article.

A knowledge base of a hundred articles cannot know from its own counts that 电话 and 今天 are common
words: a list of phrases of ours tells it. What no list foresees is told by grammar: two characters
of which one is a function word (我, 了, 吗, 在, 几 …) lie across words rather than being one, and
count for little. Pure.
"""

from __future__ import annotations

from typing import Final

from kb_search.terms import Terms, terms

_PHRASES: Final = """
你好 您好 喂你好 喂喂 早上好 上午好 中午好 下午好 晚上好 新年快乐 谢谢 谢谢你 谢谢您 多谢
非常感谢 感谢你们 不客气 再见 拜拜 好的 好吧 好了 好呀 可以 可以的 行吧 行了 嗯嗯 对对 对的
是的 是啊 没错 不是 不对 不用 不用了 没有了 没事 没事了 没关系 不好意思 对不起 抱歉 打扰 打扰了
麻烦你 麻烦您 辛苦 辛苦了 稍等 等一下 等一等 等会儿 一会儿 请稍等 请问 请问一下 请讲 请说 我想
我想问 我想问一下 问一下 我问一下 想问下 咨询一下 了解一下 反映一下 我要 我要问 我要反映 想咨询
想反映 我想反映 我这边 你这边 你那边 我们这边 我们这里 你们这里 那个 这个 那个就是 就是说 就是
然后 那么 但是 因为 所以 其实 反正 可能 应该 好像 大概 一直 已经 还是 还有 还没有 没有 有没有
有一个 一个 一下 一点 一些 有点 有些 这样 那样 这样子 怎么样 怎么办 怎么回事 怎么说 怎么讲
怎么弄 怎么处理 为什么 什么 什么时候 什么意思 什么情况 什么东西 哪里 在哪里 去哪里 哪个
哪个部门 找谁 找哪个 多少 多少钱 多久 几点 几个 能不能 可不可以 可以吗 是不是 行不行 对不对
会不会 要不要 知道 不知道 我知道了 知道了 明白 明白了 听到 听得到吗 听不到 听不清 听不清楚
没听清 听得见 你说 你说什么 再说一遍 说一遍 大声一点 说完了 说的 跟你说 我跟你说 我告诉你
告诉我 我的 你的 他的 我们 你们 他们 自己 人家 别人 大家 家里 在家 我在 现在 现在在 今天 昨天
明天 前天 早上 上午 中午 下午 晚上 昨晚 每天 天天 上个月 这个月 去年 今年 周末 周一 星期天 过年
过节 生日 愉快 刚才 刚刚 以前 以后 后来 之前 之后 时候 时间 有时间 打电话 打过 打过来 打进来
电话 我的电话 电话号码 号码 手机 手机号 接通 接电话 挂电话 先别挂 打错了 贵姓 我姓 我叫 名字
我叫什么 叫什么名字 先生 女士 小姐 同志 师傅 老师 小姑娘 小伙子 机器人 真人 人工 人工服务
转人工 话务员 接线员 工号 我儿子 我女儿 我妈妈 我爸爸 我老公 我老婆 我父亲 我母亲 我朋友 老人家
孩子 儿子 女儿 妈妈 爸爸 朋友 今年八十岁 几岁 一百 一千 一万 第一 第二 事情 有事 没事情 别的
没有别的 没有别的事情 其他 一件事 这件事 这个事情 问题 有问题 没问题 情况 这种情况 那种 这种
东西 地方 办法 没办法 解决 帮忙 帮我 帮我看一下 帮我查一下 吃饭 吃饭了 睡觉 上班 下班 出门 回家
回来 过来 过去 出来 进去 起来 下来 天气 今天天气 真好 很好 太好了 不错 满意 很满意 服务态度
态度很好 点个赞 辛苦你们 很久 好久 等了很久 很多 好多 太多 非常 特别 比较 真的 确实 当然 肯定
一定 觉得 认为 希望 想想 再想想 让我想想 看看 看一下 试试 找一下 记一下 登记一下 说一下
一二三四五六七八九零 二零二六年 我住在 住在 附近 旁边 外面 里面 上面 下面 对面 那里 这里 那边
这边 方便 不方便 开车 在开车 走路 高兴 生气 说话 听清楚 门口 小区门口 政府热线 负责 多长时间
打的电话 声音 大一点 同事 身体健康 生活愉快 菜市场
"""

EVERYDAY: Final = frozenset(terms(_PHRASES.replace(" ", "。")).sounds)
"""Their sounds."""

ACROSS_WORDS: Final = 0.4
"""What such a pair counts, against 1: 了吗 proves nothing, 不卖 in 不卖给我 a little."""

_FUNCTION: Final = frozenset(
    "我你您他她它们咱俩的地得了着过吗呢吧啊呀嘛哦噢哎唉嗯呃喂哈啦是在有就都也又还很太不没别要想能会"
    "可以和跟把被让给从到对这那哪谁啥什么怎几个些样里一二三四五六七八九十两零百千万次点好行该如果而且"
    "或但因为所于再才只最更"
)


def weights(asked: Terms) -> dict[str, float]:
    """How much each sound of a question tells, 0 < w ≤ 1; those everybody says are left out."""
    found: dict[str, float] = {}
    for char, sound in zip(asked.chars, asked.sounds, strict=True):
        if sound not in EVERYDAY:
            across = len(char) == 2 and not _FUNCTION.isdisjoint(char)
            found[sound] = max(found.get(sound, 0.0), ACROSS_WORDS if across else 1.0)
    return found
