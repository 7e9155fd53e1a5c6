"""The knowledge base of one city as the ledger offers it."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ledger.audit import Audit
from ledger.database import Clock, Database
from ledger.knowledge import KnowledgeArticles, Revisions
from ledger.knowledge_counts import KnowledgeCounts, Synonyms
from ledger.knowledge_desk import Notices, UrgentBook
from ledger.knowledge_recalls import KnowledgeRecalls
from ledger.knowledge_sources import Sources
from ledger.knowledge_use import KnowledgeMarks
from ledger.knowledge_work import Contributions, Corrections, SealedTexts
from ledger.outbox import Outbox
from ledger.return_calls import ReturnCalls
from ledger.seal import KeyRing


@dataclass(frozen=True, slots=True)
class KnowledgeBooks:
    """Everything about articles. ``revisions`` goes up with each change."""

    revisions: Revisions
    articles: KnowledgeArticles
    corrections: Corrections
    contributions: Contributions
    notices: Notices
    urgent: UrgentBook
    synonyms: Synonyms
    counts: KnowledgeCounts
    sources: Sources
    recalls: KnowledgeRecalls
    marks: KnowledgeMarks


def knowledge_books(
    database: Database,
    keys: KeyRing,
    audit: Audit,
    outbox: Outbox,
    return_calls: ReturnCalls,
    clock: Clock,
    *,
    city: str,
    zone: ZoneInfo,
) -> KnowledgeBooks:
    """The knowledge base of a city, put together."""
    revisions = Revisions(database, outbox, city)
    texts = SealedTexts(database, keys, city)
    return KnowledgeBooks(
        revisions=revisions,
        articles=KnowledgeArticles(database, audit, revisions, clock, city),
        corrections=Corrections(database, texts, audit, clock, city),
        contributions=Contributions(database, texts, audit, clock, city),
        notices=Notices(database, audit, revisions, clock, city),
        urgent=UrgentBook(database, audit, revisions, clock, city),
        synonyms=Synonyms(database, audit, revisions, clock, city),
        counts=KnowledgeCounts(database, city, zone),
        sources=Sources(database, audit, clock, city),
        recalls=KnowledgeRecalls(database, return_calls, audit, clock, city),
        marks=KnowledgeMarks(database, texts, audit, outbox, city),
    )
