"""Model files as types."""

from neurohw.spec.host import ClappSpec, HostSpec, LplSpec
from neurohw.spec.model import (
    MODEL_SCHEMA,
    ChipSpec,
    DataSpec,
    InputSpec,
    LayerSpec,
    LifSpec,
    ModelSpec,
    PercentileClip,
    ProbeSpec,
    QuantiseSpec,
)

__all__ = [
    "MODEL_SCHEMA",
    "ChipSpec",
    "ClappSpec",
    "DataSpec",
    "HostSpec",
    "InputSpec",
    "LayerSpec",
    "LifSpec",
    "LplSpec",
    "ModelSpec",
    "PercentileClip",
    "ProbeSpec",
    "QuantiseSpec",
]
