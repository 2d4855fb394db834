"""The literature that models, chips and prices name, under the names that they use, and BibTeX of it.

Of each work stands here what the files of this repository, a copy of the work itself or those who cite it by its DOI
say, and nothing else: where a title is not known here, what the work is cited for takes its place, in brackets or by a
name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """A work: BibTeX's fields, and `names` by which sources refer to it; the first one is the usual one.

    `where`: journal, proceedings or archive. `eprint`: number at arXiv.
    """

    names: tuple[str, ...]
    author: str
    year: int
    title: str
    where: str = ""
    doi: str = ""
    eprint: str = ""

    @property
    def text(self) -> str:
        """The work in one line."""
        who = f"{self.author.replace(' and ', ', ')} ({self.year})"
        at = f"doi {self.doi}" if self.doi else f"arXiv {self.eprint}" if self.eprint else ""
        return ", ".join(filter(None, [f"{who}: {self.title}", self.where, at]))

    @property
    def bibtex(self) -> str:
        """The work as a BibTeX entry."""
        archive = {"eprint": self.eprint, "archiveprefix": "arXiv"} if self.eprint else {}
        fields = {"author": self.author, "title": self.title, "year": str(self.year), "howpublished": self.where}
        return entry(self.names[0], fields | {"doi": self.doi} | archive)


REFERENCES = (
    # chips and prices
    Reference(
        ("Davies 2018", "Davies et al. 2018"), "Mike Davies and others", 2018,
        "Loihi: A Neuromorphic Manycore Processor with On-Chip Learning", "IEEE Micro",
    ),
    Reference(("Boyle 2025",), "Boyle", 2025, "SANA-FE", doi="10.1109/TCAD.2025.3537971"),
    Reference(("Frady 2020",), "Frady", 2020, "[on Loihi]", eprint="2004.12691"),
    Reference(
        ("Shafiee et al. 2016",),
        "Ali Shafiee and Anirban Nag and Naveen Muralimanohar and Rajeev Balasubramonian and John Paul Strachan and "
        "Miao Hu and R. Stanley Williams and Vivek Srikumar", 2016,
        "ISAAC: A Convolutional Neural Network Accelerator with In-Situ Analog Arithmetic in Crossbars",
        "ISCA 2016, 14-26", "10.1109/ISCA.2016.12",
    ),
    Reference(
        ("Wan et al. 2022",), "Weier Wan and others", 2022,
        "A compute-in-memory chip based on resistive random-access memory", "Nature 608, 504-512",
    ),
    Reference(
        ("Jia et al. 2020",), "H. Jia and H. Valavi and Y. Tang and J. Zhang and N. Verma", 2020,
        "A Programmable Heterogeneous Microprocessor Based on Bit-Scalable In-Memory Computing",
        "IEEE Journal of Solid-State Circuits 55(9), 2609-2621", "10.1109/JSSC.2020.2987714",
    ),
    Reference(
        ("Nature Electronics 2023",), "Manuel Le Gallo and others", 2023,
        "A 64-core mixed-signal in-memory compute chip based on phase-change memory for deep neural network inference",
        "Nature Electronics", "10.1038/s41928-023-01010-1",
    ),
    # learning
    Reference(
        ("Illing et al. 2021",), "B. Illing and J. Ventura and G. Bellec and W. Gerstner", 2021,
        "Local plasticity rules can learn deep representations using self-supervised contrastive predictions",
        "NeurIPS 2021", eprint="2010.08262",
    ),
    Reference(
        ("Halvagal & Zenke 2023",), "M. S. Halvagal and F. Zenke", 2023,
        "The combination of Hebbian and predictive plasticity learns invariant object representations in deep sensory "
        "networks", "Nature Neuroscience", "10.1038/s41593-023-01460-y",
    ),
    Reference(
        ("Chen et al. 2020",), "Chen and others", 2020,
        "A Simple Framework for Contrastive Learning of Visual Representations", eprint="2002.05709",
    ),
    Reference(("Bardes et al. 2022",), "Bardes and others", 2022, "VICReg", eprint="2105.04906"),
    Reference(("van den Oord et al. 2018",), "van den Oord and others", 2018, "InfoNCE"),
    Reference(("Löwe et al. 2019",), "Löwe and others", 2019, "Greedy InfoMax"),
    Reference(("Hyvärinen et al. 2001",), "Hyvärinen and others", 2001, "[independent components: section 8.4]"),
    Reference(("Graf et al. 2024",), "Graf and others", 2024, "ESPP"),
    Reference(("Rescorla & Wagner 1972",), "Rescorla and Wagner", 1972, "[learning with an expectation]"),
    Reference(("Fremaux & Gerstner 2016",), "Fremaux and Gerstner", 2016, "[three-factor rules]"),
    Reference(("Widrow & Hoff 1960",), "Widrow and Hoff", 1960, "[the delta rule]"),
    Reference(("Zenke and Ganguli 2018",), "Zenke and Ganguli", 2018, "SuperSpike"),
    # neurons
    Reference(
        ("Pedersen et al. 2024",), "Jens E. Pedersen and others", 2024,
        "Neuromorphic intermediate representation: A unified instruction set for interoperable brain-inspired "
        "computing",
        "Nature Communications 15, 8122", "10.1038/s41467-024-52259-9",
    ),
    Reference(
        ("Bellec et al. 2018",), "G. Bellec and others", 2018,
        "Long short-term memory and learning-to-learn in networks of spiking neurons", "NeurIPS 2018",
    ),
    Reference(
        ("Bellec et al. 2020",), "G. Bellec and others", 2020,
        "A solution to the learning dilemma for recurrent networks of spiking neurons",
        "Nature Communications 11, 3625", "10.1038/s41467-020-17236-y",
    ),
    Reference(
        ("Izhikevich 2001",), "E. M. Izhikevich", 2001, "Resonate-and-fire neurons", "Neural Networks 14, 883-894",
        "10.1016/S0893-6080(01)00078-8",
    ),
    Reference(
        ("Izhikevich 2003",), "E. M. Izhikevich", 2003, "Simple model of spiking neurons",
        "IEEE Transactions on Neural Networks 14(6), 1569-1572", "10.1109/TNN.2003.820440",
    ),
    Reference(
        ("Wang 2010",), "Jun Wang", 2010,
        "Analysis and design of a k-winners-take-all model with a single state variable and the Heaviside step "
        "activation function", "IEEE Transactions on Neural Networks 21(9), 1496-1506", "10.1109/TNN.2010.2052631",
    ),
    Reference(("Dayan & Abbott 2001",), "P. Dayan and L. F. Abbott", 2001, "Theoretical Neuroscience", "MIT Press"),
    Reference(
        ("Gerstner et al. 2014",), "W. Gerstner and W. M. Kistler and R. Naud and L. Paninski", 2014,
        "Neuronal Dynamics", "Cambridge University Press",
    ),
    # data
    Reference(
        ("Alpaydin & Kaynak 1998",), "Alpaydin and Kaynak", 1998, "Optical Recognition of Handwritten Digits", "UCI"
    ),
    Reference(
        ("Xiao, Rasul & Vollgraf 2017",), "Xiao and Rasul and Vollgraf", 2017, "Fashion-MNIST", eprint="1708.07747"
    ),
    Reference(("Krizhevsky 2009",), "Krizhevsky", 2009, "CIFAR-10"),
    Reference(("Coates, Lee & Ng 2011",), "Coates and Lee and Ng", 2011, "STL-10"),
    Reference(
        ("Orchard, Jayawant, Cohen & Thakor 2015",), "Orchard and Jayawant and Cohen and Thakor", 2015, "N-MNIST"
    ),
    Reference(
        ("Cramer, Stradmann, Schemmel & Zenke 2020",), "Cramer and Stradmann and Schemmel and Zenke", 2020,
        "Spiking Heidelberg Digits",
    ),
    Reference(("Kudo, Toyama & Shimbo 1999",), "Kudo and Toyama and Shimbo", 1999, "Japanese Vowels", "UCI"),
    Reference(("Black & Lenzo 1998",), "Black and Lenzo", 1998, "[the voice kal of festvox]"),
    Reference(("CSTR 1997",), "{CSTR}", 1997, "[the voice ked of festvox]"),
    # metrics
    Reference(
        ("Yik et al. 2025",), "Yik and others", 2025,
        "The neurobench framework for benchmarking neuromorphic computing algorithms and systems",
    ),
)  # fmt: skip


def named_in(source: str) -> tuple[Reference, ...]:
    """The works that a text names."""
    return tuple(work for work in REFERENCES if any(name in source for name in work.names))


def bibtex(sources: Iterable[str]) -> str:
    """BibTeX of some sources, once each: of the works that they name, or else of their text, if it has a year; other
    sources (tools, arithmetic) are remarks between the entries."""
    entries: dict[str, None] = {}
    for source in sources:
        works = named_in(source)
        year = re.search(r"\b(19|20)\d\d\b", source)
        if works:
            entries |= dict.fromkeys(work.bibtex for work in works)
        elif year:
            entries[entry(source[:40], {"title": source, "year": year.group()})] = None
        else:
            entries[f"% {' '.join(source.split()).replace('@', '(at)')}"] = None
    return "\n\n".join(entries) + "\n"


def entry(key: str, fields: dict[str, str]) -> str:
    """A BibTeX entry of those fields that are not empty."""
    found = "".join(c for c in key.title().replace("Et Al", "") if c.isascii() and c.isalnum())
    lines = [f"  {name} = {{{_tex(value)}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{found},", *lines, "}"])


def _tex(text: str) -> str:
    """Text with what TeX takes for more than itself escaped; braces that protect a whole name stay."""
    if text.startswith("{") and text.endswith("}"):
        return text
    return re.sub(r"[&%$#_{}]", lambda match: f"\\{match.group()}", text).replace("~", "\\textasciitilde{}")
