"""The result of a diagnosis of shift: for the terminal, as JSON, and as sections of a page."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from dragoman.diagnosis.shift.advice import Advice
from dragoman.diagnosis.shift.findings import ClassShift, Findings
from dragoman.diagnosis.shift.pictures import draw_distributions, draw_p_values, draw_shares
from dragoman.diagnosis.shift.sentences import probability_text
from dragoman.diagnosis.shift.settings import Settings
from dragoman.diagnosis.shift.verdict import Verdict
from dragoman.reports.figure import drawn
from dragoman.reports.page import Picture, Section
from dragoman.reports.shown import Shown, Summary
from dragoman.reports.text import listed, percent_text, tabled
from dragoman.reports.written import finite
from dragoman.storage.json import JsonObject

Columns = dict[str, list[str]]
_MOST_FEATURES, _MOST_ON_PAGE = 10, 20


@dataclass(frozen=True, slots=True, repr=False)
class ShiftReport(Shown):
    """The result of a diagnosis of shift.

    Attributes:
        name: the model's name.
        verdict: the kinds of shift that were found.
        because: the reasons as sentences with numbers.
        advice: what to do next, for each kind.
        findings: the numbers behind it.
        settings: how the tests were done.
    """

    name: str
    verdict: Verdict
    because: tuple[str, ...]
    advice: tuple[Advice, ...]
    findings: Findings
    settings: Settings

    @property
    def headline(self) -> str:
        """The kinds in a few words, the one to act on first."""
        return " and ".join(kind.value for kind in self.verdict.kinds)

    def summary(self) -> Summary:
        """A short summary of the report."""
        because = {f"because {number}": text for number, text in enumerate(self.because, start=1)}
        advice = {f"advice {number}": advice.sentence for number, advice in enumerate(self.advice, start=1)}
        untold = {"concept shift": self.findings.untold} if self.findings.untold else {}
        return Summary(f"{self.name}: {self.headline}", because | untold | advice)

    def to_dict(self) -> JsonObject:
        """The report as a dictionary that JSON can represent; numbers that are not finite become null."""
        found = self.findings
        return finite(
            {
                "name": self.name,
                "verdict": self.verdict.kind.value,
                "kinds": [kind.value for kind in self.verdict.kinds],
                "because": self.because,
                "advice": [
                    {**asdict(advice), "kind": advice.kind.value, "sentence": advice.sentence} for advice in self.advice
                ],
                "questions": [{**asdict(answer), "question": answer.question.value} for answer in self.verdict.answers],
                "old": asdict(found.old),
                "new": asdict(found.new),
                "inputs": asdict(found.inputs),
                "classes": [asdict(classes) for classes in found.classes],
                "concept_shift": found.untold or (None if found.outputs is None else asdict(found.outputs)),
                "expected": asdict(found.expected),
                "language": None if found.language is None else asdict(found.language),
                "remarks": list(found.remarks),
                "settings": asdict(self.settings),
            }
        )

    def as_text(self) -> str:
        """The report as text for the terminal."""
        blocks = [f"{self.name}: {self.headline}", listed(self.because)]
        if self.findings.untold:
            blocks.append(_concept(self.findings))
        blocks += ["What to do", listed([advice.sentence for advice in self.advice])]
        blocks += ["What was asked", tabled(self.questions())]
        blocks += ["Features that differ most", tabled(self.features(_MOST_FEATURES))]
        for classes in self.findings.classes:
            blocks += [f"Shares of the {classes.kind}", *_of_classes(classes)]
        if self.findings.inputs.foreign:
            blocks += ["The most foreign inputs", tabled(self.foreign())]
        if self.findings.remarks:
            blocks += ["What to bear in mind", listed(self.findings.remarks)]
        return "\n\n".join(block for block in blocks if block) + "\n"

    def sections(self) -> tuple[Section, ...]:
        """The report as sections of a page, with pictures."""
        found = self.findings
        untold = (_concept(found),) if found.untold else ()
        asked = drawn("p-value of each question", lambda: draw_p_values(self.verdict, found))
        parts = [
            Section(f"Verdict: {self.headline}", (*self.because, *untold)),
            Section("What to do", items=tuple(advice.sentence for advice in self.advice)),
            Section("What was asked", table=self.questions(), pictures=asked),
        ]
        pictures: tuple[Picture, ...] = ()
        if found.distributions:
            pictures = drawn("distributions of the features", lambda: draw_distributions(found.distributions))
        parts.append(Section("Features that differ most", table=self.features(_MOST_ON_PAGE), pictures=pictures))
        parts += [_class_section(classes) for classes in found.classes]
        if found.inputs.foreign:
            parts.append(Section("The most foreign inputs", table=self.foreign()))
        if found.remarks:
            parts.append(Section("What to bear in mind", items=found.remarks))
        return tuple(parts)

    def questions(self) -> Columns:
        """The questions and their answers, as a table for people to read."""
        answers = self.verdict.answers
        return {
            "question": [answer.question.value for answer in answers],
            "p-value": [probability_text(answer.p_value) for answer in answers],
            "level": [f"{answer.level:.3g}" for answer in answers],
            "answer": ["yes" if answer.rejects else "not found" for answer in answers],
        }

    def features(self, most: int | None = None) -> Columns:
        """The features that differ most, as a table for people to read.

        Args:
            most: most features that are shown; all if None.
        """
        shown = self.findings.inputs.features[:most]
        return {
            "feature": [feature.name for feature in shown],
            "mean, old": [f"{feature.old:.3g}" for feature in shown],
            "mean, new": [f"{feature.new:.3g}" for feature in shown],
            "distance": [f"{feature.distance:.2f}" for feature in shown],
            "p-value": [probability_text(feature.p_value) for feature in shown],
        }

    def foreign(self) -> Columns:
        """The most foreign inputs, as a table for people to read."""
        shown = self.findings.inputs.foreign
        return {
            "number": [f"{one.number:,}" for one in shown],
            "probability of new": [percent_text(one.score) for one in shown],
            "input": [one.text for one in shown],
        }


def _concept(findings: Findings) -> str:
    return f"Concept shift: {findings.untold}"


def shares_table(classes: ClassShift) -> Columns:
    """The shares of classes, as a table for people to read."""
    return {
        "class": [share.name for share in classes.shares],
        "old": [percent_text(share.old) for share in classes.shares],
        "new": [percent_text(share.new) for share in classes.shares],
        "95 % interval": [f"{percent_text(share.low)} to {percent_text(share.high)}" for share in classes.shares],
    }


def _of_classes(classes: ClassShift) -> list[str]:
    table = [tabled(shares_table(classes))] if classes.shares else []
    return [*table, *([listed([classes.remark])] if classes.remark else [])]


def _class_section(classes: ClassShift) -> Section:
    if not classes.shares:
        return Section(f"Shares of the {classes.kind}", (classes.remark,))
    pictures = drawn(f"shares of the {classes.kind}", lambda: draw_shares(classes))
    remark = (classes.remark,) if classes.remark else ()
    return Section(f"Shares of the {classes.kind}", remark, shares_table(classes), pictures=pictures)
