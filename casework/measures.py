"""Counters of the service (Prometheus). They carry no personal word: labels are outcomes, never people or names."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Measures:
    """One registry for each service object, so that several can live in one test process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._outcomes = Counter(
            "miaopi_decisions", "Decisions by outcome 按结果统计的决定数", ["outcome"], registry=self.registry
        )
        self._licences = Counter("miaopi_licences", "Licences released 已发证照数", registry=self.registry)
        self._disagreements = Counter(
            "miaopi_evaluator_disagreements", "Rules on which the two evaluators differed 两套引擎结论不一致次数",
            registry=self.registry,
        )  # fmt: skip
        self._failures = Counter(
            "miaopi_case_failures", "Cases put off by an error 因错误推迟的申请数", registry=self.registry
        )
        self._rulings = Counter("miaopi_rulings", "Rulings by verdict 人工决定数", ["verdict"], registry=self.registry)
        self._fullest = Gauge(
            "miaopi_status_list_places", "Places given out in the fullest status list 用得最多的状态列表已分配位数",
            registry=self.registry,
        )  # fmt: skip
        self.answered = Histogram(
            "miaopi_answer_seconds", "Time to answer an application 答复用时", registry=self.registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2, 3, 5),
        )  # fmt: skip

    def outcome(self, outcome: str) -> None:
        """Count a decision."""
        self._outcomes.labels(str(outcome)).inc()

    def licence(self) -> None:
        """Count a released licence."""
        self._licences.inc()

    def disagreement(self) -> None:
        """Count a rule on which the evaluators differed; any value above zero is an alarm."""
        self._disagreements.inc()

    def failure(self) -> None:
        """Count a case that an error of ours put off; any value above zero is an alarm."""
        self._failures.inc()

    def ruling(self, verdict: str) -> None:
        """Count an officer's ruling."""
        self._rulings.labels(verdict).inc()

    def watch_lists(self, fullest: Callable[[], int]) -> None:
        """Ask for the fullest status list whenever the counters are read."""
        self._fullest.set_function(fullest)
