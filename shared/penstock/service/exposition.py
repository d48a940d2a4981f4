"""What a process shows to Prometheus at `/metrics`: families of samples, collected when it is asked."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from penstock.security.refusals import refusals

#: of the text that `render` gives
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Families:
    """Gathers samples by family; a sample that is there already, by its labels, is not added again."""

    def __init__(self) -> None:
        self._labels: dict[str, tuple[str, ...]] = {}
        self._families: dict[str, Metric] = {}
        self._seen: set[tuple[str, tuple[str, ...]]] = set()

    def gauge(self, name: str, help_text: str, labels: Mapping[str, str], value: float) -> None:
        """ValueError: the family has other labels already."""
        family = self._family(name, labels, lambda: GaugeMetricFamily(name, help_text, labels=list(labels)))
        if family is not None:
            assert isinstance(family, GaugeMetricFamily)
            family.add_metric([*labels.values()], value)

    def counter(self, name: str, help_text: str, labels: Mapping[str, str], value: float) -> None:
        """`name` without `_total`, which Prometheus adds."""
        family = self._family(name, labels, lambda: CounterMetricFamily(name, help_text, labels=list(labels)))
        if family is not None:
            assert isinstance(family, CounterMetricFamily)
            family.add_metric([*labels.values()], value)

    def summary(
        self, name: str, help_text: str, labels: Mapping[str, str], quantiles: Mapping[str, float], count: int
    ) -> None:
        """A quantile ("0.99") with its value each, and how many values there were; no sum is known."""
        family = self._family(name, labels, lambda: SummaryMetricFamily(name, help_text, labels=list(labels)))
        if family is not None:
            for quantile, value in quantiles.items():
                family.add_sample(name, {**labels, "quantile": quantile}, value)
            family.add_sample(f"{name}_count", dict(labels), count)

    def _family(self, name: str, labels: Mapping[str, str], make: Callable[[], Metric]) -> Metric | None:
        """None: that sample is there already."""
        if name not in self._families:
            self._families[name], self._labels[name] = make(), tuple(labels)
        if self._labels[name] != tuple(labels):
            raise ValueError(f"{name} has the labels {', '.join(self._labels[name])}, not {', '.join(labels)}")
        sample = name, tuple(labels.values())
        if sample in self._seen:
            return None
        self._seen.add(sample)
        return self._families[name]

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._families.values())


#: adds what it knows; called in the thread of whoever asks
Source = Callable[[Families], None]


class Exposition:
    """Of one process: its CPU, memory and descriptors, and what its sources add. Thread-safe."""

    def __init__(self, service: str, id: str) -> None:
        self._sources: list[Source] = []
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        info = InfoMetricFamily("penstock_service", "Which process this is.")
        info.add_metric([], {"service": service, "id": id})
        self._registry.register(_Collected(lambda: [info]))
        self._sources.append(_refused)
        self._registry.register(_Collected(self._collect))

    def add(self, source: Source) -> None:
        """Ask it too from now on."""
        self._sources.append(source)

    def render(self) -> bytes:
        """The text. Raises what a source raises."""
        return generate_latest(self._registry)

    def _collect(self) -> Iterable[Metric]:
        families = Families()
        for source in list(self._sources):
            source(families)
        return families


def _refused(families: Families) -> None:
    text = "What this process refused, as it was not sealed with the cluster secret."
    for kind, count in refusals.counts().items():
        families.counter("penstock_process_refused", text, {"kind": kind}, count)


class _Collected(Collector):
    def __init__(self, collect: Callable[[], Iterable[Metric]]) -> None:
        self._collect = collect

    def collect(self) -> Iterable[Metric]:
        return self._collect()

    def describe(self) -> Iterable[Metric]:
        """Nothing: names are not known before they are asked for."""
        return ()
