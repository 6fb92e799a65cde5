"""The claims of a certificate: each is data, and every text beside the data must be the one that the data makes."""

from __future__ import annotations

from typing import Any

from dyadic.proofs.checker.assumptions import hypotheses, is_held
from dyadic.proofs.checker.core.obligations import HYPOTHESES
from dyadic.proofs.checker.evaluation.affine import is_linear
from dyadic.proofs.checker.evaluation.domain import VALUES, conditions, hypothesis
from dyadic.proofs.checker.evaluation.maxima import takes_maxima
from dyadic.proofs.checker.evaluation.prime_numbers import SHOWN
from dyadic.proofs.checker.evaluation.smooth_entries import conditions_on_entries
from dyadic.proofs.checker.figures import check_figures
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.checker.intake.names import applied
from dyadic.proofs.checker.intake.reading import Rejected, shown
from dyadic.proofs.checker.intake.shapes import Shapes, holds_integers
from dyadic.proofs.checker.wording import BEARING, CHOICES, ESSENTIAL, METHOD_OF, METHODS, RULES

WITHOUT_MAXIMA = ("residues", "polynomial")
"""Methods whose claims say nothing of choices: what they evaluate has no maxima."""


class Claims:
    """The claims of a certificate in order, after every text has been compared with the one generated here.

    known: those of a kind that is known, by id.  unknown: the ids of the others, of which nothing is said.
    titles: what the checker calls each of them, with what the file calls something in quotes.
    """

    def __init__(self, certificate: Any, graph: Graph, shapes: Shapes) -> None:
        self.graph, self.shapes = graph, shapes
        self.contents = graph.contents()
        self.labels = _labels(graph, self.contents)
        self.applied = applied([graph.layers, graph.kinds])
        self.maxima = any(takes_maxima(content) for content, _ in self.contents.values())
        self.known: dict[str, Any] = {}
        self.unknown: set[str] = set()
        self.place: dict[str, str] = {}
        self.titles: dict[str, str] = {}
        for position, claim in enumerate(certificate["claims"]):
            where = f"claims[{position}]"
            if claim["id"] in self.place:
                raise Rejected(f"{where}.id", "is used twice")
            self.place[claim["id"]] = where
            self._verdict(claim, where)
            if claim["kind"] == "open":
                self._open(claim, where)
            elif claim["kind"] not in RULES:
                self.unknown.add(claim["id"])
                continue
            elif claim["kind"] != "steps":
                self._texts(claim, where)
            elif claim["id"] != "steps":
                raise Rejected(f"{where}.id", "is not steps, of which kind the claim is")
            self.known[claim["id"]] = claim
        made = {_method(claim) for claim in self.known.values()}
        for claim in certificate["claims"]:
            self.titles[claim["id"]] = self._title(claim)
        for position, name in enumerate(certificate["not_run"]):
            if name not in METHODS or name in certificate["not_run"][:position]:
                raise Rejected(f"not_run[{position}]", "is not the name of a method, or is there twice")
            if name in made:
                raise Rejected(f"not_run[{position}]", f"is {name}, of which there is a claim")
        wanted = _overall(certificate["claims"])
        if certificate["verdict"] != wanted:
            raise Rejected("verdict", f"should be {wanted}")
        if "steps" not in self.known or self.known["steps"]["kind"] != "steps":
            raise Rejected("claims", "the claim 'steps' is missing")
        self._steps(self.known["steps"], self.place["steps"])

    def of_kind(self, *kinds: str) -> list[Any]:
        """The proved claims of some kinds."""
        return [claim for claim in self.known.values() if claim["kind"] in kinds and claim["verdict"] == "proved"]

    def _verdict(self, claim: Any, where: str) -> None:
        if (claim["counterexample"] is not None) != (claim["verdict"] == "refuted"):
            raise Rejected(f"{where}.counterexample", "goes with the verdict refuted, and only with it")
        if (claim["reason"] is not None) != (claim["verdict"] == "undecided"):
            raise Rejected(f"{where}.reason", "goes with the verdict undecided, and only with it")
        if claim["witness"] is not None and claim["verdict"] != "proved":
            raise Rejected(f"{where}.witness", "goes with the verdict proved, and only with it")

    def _open(self, claim: Any, where: str) -> None:
        """The claim of a method that had nothing to say."""
        if set(claim["subject"]) != {"method"} or claim["subject"]["method"] not in METHODS or claim["numbers"]:
            raise Rejected(f"{where}.subject", "is not that of a method")
        if claim["verdict"] != "undecided":
            raise Rejected(f"{where}.verdict", "is not undecided")
        method = claim["subject"]["method"]
        wanted = {
            "id": method, "statement": f"What the method {method} would show is open", "method": "none",
            "hypotheses": [], "trusted": [],
        }  # fmt: skip
        self._compare(claim, wanted, where)

    def _texts(self, claim: Any, where: str) -> None:
        kind, subject, numbers = claim["kind"], claim["subject"], claim["numbers"]
        rule = RULES[kind]
        content = self._data(claim, where)
        label, name = self._named(claim)
        # "proved" is the verdict that the rule's own method gives; a refutation is by numbers.
        wanted = {
            "id": f"{kind}:{name}" if name else kind,
            "statement": rule.say(subject, numbers, label),
            "hypotheses": self._smooth() if kind == "formal" else hypotheses(kind, content, subject, numbers),
        }
        if claim["verdict"] == "proved":
            if kind == "formal" and any(map(is_held, self.applied)):
                raise Rejected(f"{where}.verdict", "cannot be proved: the network holds values constant, Coq does not")
            wanted["method"] = rule.how(subject, numbers)
            self._trusted(claim, where)
        self._compare(claim, wanted, where)

    def _smooth(self) -> list[str]:
        """What the theorem in Coq asks of the network's numbers."""
        return conditions_on_entries(self.graph.vertices, self.graph.layers, self.graph.costs, self.graph.kinds)

    def _data(self, claim: Any, where: str) -> Any:
        """The layer or cost that the claim is about, if it is about one, after its subject and numbers were checked."""
        rule, subject, numbers = RULES[claim["kind"]], claim["subject"], claim["numbers"]
        if set(subject) != set(rule.subject):
            raise Rejected(f"{where}.subject", f"does not have the entries {list(rule.subject)}")
        content = self._content(claim, where)
        wanted = set(rule.numbers) - (set() if self.maxima else {"maxima"})
        if claim["kind"] == "stepsize" and subject["part"] != "network":
            wanted = set()
        if claim["verdict"] != "proved":
            wanted -= {"log10_error", "maxima"} - set(numbers)
        elif self.maxima and claim["kind"] in WITHOUT_MAXIMA:
            raise Rejected(f"{where}.verdict", "is proved, of a network with maxima: the method has none for these")
        if set(numbers) != wanted:
            raise Rejected(f"{where}.numbers", f"does not have the entries {sorted(wanted)}")
        choices = CHOICES.get(claim["kind"])
        if choices and next(iter(subject.values())) not in choices:
            raise Rejected(f"{where}.subject", f"is not one of {', '.join(choices)}")
        flags = (
            "all_sizes",
            "everywhere",
            "elsewhere",
            "smooth",
            "held",
            *HYPOTHESES,
            "every_step",
            "integers",
            "reads",
            "linear",
        )
        flags += ("own", "constants")
        for key in flags:
            if numbers.get(key, 0) not in (0, 1):
                raise Rejected(f"{where}.numbers.{key}", "is neither 0 nor 1")
        error = numbers.get("log10_error", SHOWN)
        if not -99 <= error <= (SHOWN if claim["verdict"] == "proved" else 0):
            raise Rejected(f"{where}.numbers.log10_error", f"is not from -99 to {SHOWN}: a larger error shows nothing")
        for key in sorted(numbers):
            own = self._own(key, claim)
            if own is not None and numbers[key] != own:
                raise Rejected(f"{where}.numbers.{key}", f"is {numbers[key]}, but the network's is {own}")
        check_figures(self.graph, claim, where)
        return content

    def _own(self, key: str, claim: Any) -> int | None:
        """A number that follows from the network, or from what the claim speaks of; None for one that does not."""
        graph = self.graph
        match key:
            case "equations":
                return len(graph.equations)
            case "L":
                return graph.L
            case "T":
                return graph.largest_rank
            case "steps":
                return graph.largest_rank - 1 if claim["kind"] == "tightness" else graph.steps
            case "everywhere":
                return int(not any(map(conditions, self._equations(claim))))
            case "elsewhere":
                return None if self._may_be_of_nothing(claim) else 0
            case "held":
                return int(any(map(is_held, self.applied)))
            case "integers":
                return int(holds_integers(graph))
            case "linear":
                return int(is_linear(graph))
            case "all_sizes" if claim["kind"] == "steps":
                return int(not _only_here(list(self.known.values())))
            case "reads":
                return int(bool(graph.layer_edges()))
        return None

    def _may_be_of_nothing(self, claim: Any) -> bool:
        """Whether a proved theorem has no numbers of the network's own beside it, and not every state will do."""
        beside = [one for one in self.known.values() if one["kind"] == "tightness" and one["verdict"] == "proved"]
        shown_here = any(one["numbers"].get("own") for one in beside)
        somewhere = any(map(conditions, self._equations(claim)))
        return claim["verdict"] == "proved" and somewhere and not shown_here

    def _content(self, claim: Any, where: str) -> Any:
        if claim["kind"] == "function" and claim["subject"]["name"] not in self.applied:
            raise Rejected(f"{where}.subject.name", "is not a function that a layer or cost applies")
        if claim["kind"] not in ("adjoint", "gradient"):
            return None
        content = claim["subject"]["content"]
        if content not in self.labels or (claim["kind"] == "gradient" and content.startswith("costs.")):
            raise Rejected(f"{where}.subject.content", "is not a layer or cost of this certificate")
        return self.contents[content][0]

    def _equations(self, claim: Any) -> list[Any]:
        """The layers and costs that a claim speaks of, where it says whether they have values everywhere."""
        if claim["kind"] in ("adjoint", "gradient"):
            return [self.contents[claim["subject"]["content"]][0]]
        return [*self.graph.layers.values(), *self.graph.kinds.values()] if claim["kind"] == "steps" else []

    def _named(self, claim: Any) -> tuple[str, str]:
        """The label that a claim's sentence has, and what its id adds to the kind."""
        if claim["kind"] in ("adjoint", "gradient"):
            return self.labels[claim["subject"]["content"]]
        return "", next(iter(claim["subject"].values()), "")

    def _title(self, claim: Any) -> str:
        """Of a claim whose texts were compared; its id, unless a label, a name or a kind of the file's own is in it."""
        if claim["id"] not in self.known:
            return f"a claim that the file calls {shown(claim['id'], 200)}"
        if claim["kind"] in ("adjoint", "gradient"):
            return f"{claim['kind']} of what the file calls {shown(self._named(claim)[1], 200)}"
        return str(claim["id"])

    def _trusted(self, claim: Any, where: str) -> None:
        rule, stated = RULES[claim["kind"]], claim["trusted"]
        if stated != sorted(set(stated)):
            raise Rejected(f"{where}.trusted", "is not sorted, or says a thing twice")
        needs = rule.needs(claim["subject"], claim["numbers"])
        strange = sorted(set(stated) - {*needs, *rule.further})
        if strange:
            raise Rejected(f"{where}.trusted", f"{shown(strange[0])} is nothing that this method calls")
        missing = [component for component in needs if component not in stated]
        if missing:
            raise Rejected(f"{where}.trusted", f"leaves out {missing[0]!r}")

    def _steps(self, claim: Any, where: str) -> None:
        """The theorem's texts are made of those of the claims that it rests on."""
        self._data(claim, where)
        parts = [c for c in self.known.values() if _method(c) in BEARING]
        checks = dict.fromkeys(map(_method, parts))
        others = [name for name in checks if name not in ESSENTIAL]
        method = RULES["steps"].how(claim["subject"], claim["numbers"]) + _only_here(parts)
        domain = hypothesis(self._equations(claim))
        assumed = [text for c in parts for text in c["hypotheses"] if not text.startswith(VALUES)]
        wanted = {
            "id": "steps",
            "statement": RULES["steps"].say(claim["subject"], claim["numbers"], ""),
            "method": method + (f", cross-checked by {', '.join(others)}" if others else ""),
            "hypotheses": list(dict.fromkeys([*assumed, *([domain] if domain else []), *self.shapes.hypotheses()])),
            "trusted": sorted({text for c in parts for text in c["trusted"]}),
        }
        self._compare(claim, wanted, where)
        lacking = [name for name in ESSENTIAL if name not in checks]
        if claim["verdict"] == "proved" and lacking:
            raise Rejected(f"{where}.verdict", f"is proved, but there is no claim of {', '.join(lacking)}")
        bad = [c["id"] for c in parts if c["verdict"] != "proved"]
        if claim["verdict"] == "proved" and bad:
            raise Rejected(f"{where}.verdict", f"is proved, but {bad[0]!r} is not")

    @staticmethod
    def _compare(claim: Any, wanted: dict[str, Any], where: str) -> None:
        for key, value in wanted.items():
            if claim[key] != value:
                raise Rejected(f"{where}.{key}", f"is not what the claim's data makes: {shown(value, 300)}")


def _only_here(parts: list[Any]) -> str:
    """Which adjoints and gradients hold at the sizes of this network only."""
    own = [c["id"] for c in parts if c["kind"] in ("adjoint", "gradient") and not c["numbers"]["all_sizes"]]
    shown = [*own[:3], f"and {len(own) - 3} others"] if len(own) > 4 else own
    return f", but at the sizes of this network, by evaluation modulo primes: {'; '.join(shown)}" if own else ""


def _method(claim: Any) -> str:
    """The method that makes a claim; of an open one, the method that had nothing to say."""
    name: str = claim["subject"]["method"] if claim["kind"] == "open" else claim["kind"]
    return METHOD_OF.get(name, name.partition(":")[0])


def _labels(graph: Graph, contents: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Content -> (label, label with a number if others of that label came before), in the order of use."""
    order = [f"layers.{graph.content[name]}" for name in graph.parents]
    order += [f"costs.{cost['cost']}" for cost in graph.costs.values()]
    seen: dict[str, int] = {}
    found: dict[str, tuple[str, str]] = {}
    for place in dict.fromkeys(order):
        label = contents[place][0]["label"]
        seen[label] = seen.get(label, 0) + 1
        found[place] = label, label if seen[label] == 1 else f"{label} #{seen[label]}"
    return found


def _overall(claims: list[Any]) -> str:
    verdicts = {claim["verdict"] for claim in claims}
    return "refuted" if "refuted" in verdicts else "undecided" if "undecided" in verdicts else "proved"
