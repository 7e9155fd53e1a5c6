"""The commands behind ``./jiesu eval``: judge the system on one's own material (docs/eval.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from switchboard.terminal import tell

judged = typer.Typer(rich_markup_mode=None, help="用自己的材料评判系统；文件格式见 docs/eval.md。")


@judged.command("search")
def eval_search(
    corpus: Annotated[
        Path, typer.Option("--corpus", metavar="文件", help="文章，JSONL 或 CSV：id、title、body")
    ],
    queries: Annotated[
        Path, typer.Option("--queries", metavar="文件", help="问题，JSONL 或 CSV：id、text")
    ],
    qrels: Annotated[
        Path | None,
        typer.Option("--qrels", metavar="文件", help="标准答案，TSV 或 CSV：问题、文章、相关程度"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
) -> None:
    """知识检索：每个问题排在前十的文章、用时，以及命中率。"""
    from switchboard.evaluate_search import evaluate

    tell(evaluate(corpus, queries, qrels, as_json=as_json))


@judged.command("emergency")
def eval_emergency(
    file: Annotated[
        Path, typer.Argument(metavar="文件", help="话语，TSV：utterance、label、tag、also")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
) -> None:
    """紧急识别：每句话听成什么、为什么，以及查全率、查准率。"""
    from switchboard.evaluate_emergency import report
    from switchboard.models import emergency_model

    tell(report(file, emergency_model(), as_json=as_json))


@judged.command("speech")
def eval_speech(
    folder: Annotated[
        Path,
        typer.Argument(metavar="目录", help="wav 文件与 transcripts.tsv（列 file、text）"),
    ],
    model: Annotated[
        Path | None,
        typer.Option("--model", metavar="目录", help="公开的 vosk 模型；不写为随附的小模型"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
) -> None:
    """语音识别：每段录音听成什么，以及错字率。"""
    from switchboard.evaluate_speech import evaluate

    tell(evaluate(folder, model, as_json=as_json))


@judged.command("draft")
def eval_draft(
    file: Annotated[
        Path, typer.Argument(metavar="文件", help="通话，JSONL：id、call_time、transcript、expect")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
) -> None:
    """自动草稿：每段通话填出的各项、各项所据的原话，以及对了多少。"""
    from switchboard.evaluate_draft import report
    from switchboard.models import draft_model

    tell(report(file, draft_model(), as_json=as_json))
