"""Model files as types."""

from neurohw.spec.host import ClappSpec, HostSpec, LplSpec
from neurohw.spec.model import (
    MODEL_SCHEMA,
    OPTIONS,
    AugmentSpec,
    ChipSpec,
    DataSpec,
    ImagesSpec,
    InputSpec,
    LayerSpec,
    LifSpec,
    ModelSpec,
    PercentileClip,
    ProbeSpec,
    QuantiseSpec,
    ReadoutSpec,
)
from neurohw.spec.neurons import NeuronSpec, read_model

__all__ = [
    "MODEL_SCHEMA",
    "OPTIONS",
    "AugmentSpec",
    "ChipSpec",
    "ClappSpec",
    "DataSpec",
    "HostSpec",
    "ImagesSpec",
    "InputSpec",
    "LayerSpec",
    "LifSpec",
    "LplSpec",
    "ModelSpec",
    "NeuronSpec",
    "PercentileClip",
    "ProbeSpec",
    "QuantiseSpec",
    "ReadoutSpec",
    "read_model",
]
