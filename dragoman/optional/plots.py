"""The names that Dragoman uses of matplotlib, which is imported when one of them is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dragoman.optional.extra import PLOTS, attributes

if TYPE_CHECKING:
    from matplotlib import rc_context as rc_context
    from matplotlib.artist import Artist as Artist
    from matplotlib.axes import Axes as Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvasAgg
    from matplotlib.colors import LinearSegmentedColormap as LinearSegmentedColormap
    from matplotlib.colors import PowerNorm as PowerNorm
    from matplotlib.figure import Figure as Figure
    from matplotlib.figure import SubFigure as SubFigure
    from matplotlib.font_manager import FontProperties as FontProperties
    from matplotlib.font_manager import findfont as findfont
    from matplotlib.font_manager import fontManager as fontManager
    from matplotlib.font_manager import get_font as get_font
    from matplotlib.patches import FancyBboxPatch as FancyBboxPatch
    from matplotlib.patches import PathPatch as PathPatch
    from matplotlib.path import Path as Path
    from matplotlib.ticker import FuncFormatter as FuncFormatter
    from matplotlib.ticker import LogLocator as LogLocator
    from matplotlib.ticker import MaxNLocator as MaxNLocator
    from matplotlib.ticker import NullFormatter as NullFormatter
    from matplotlib.ticker import NullLocator as NullLocator
    from matplotlib.ticker import StrMethodFormatter as StrMethodFormatter
else:
    _TICKER = ("FuncFormatter", "LogLocator", "MaxNLocator", "NullFormatter", "NullLocator", "StrMethodFormatter")
    __getattr__ = attributes(
        PLOTS,
        {
            "Artist": "matplotlib.artist",
            "Axes": "matplotlib.axes",
            "FigureCanvasAgg": "matplotlib.backends.backend_agg",
            "LinearSegmentedColormap": "matplotlib.colors",
            "PowerNorm": "matplotlib.colors",
            **dict.fromkeys(("Figure", "SubFigure"), "matplotlib.figure"),
            **dict.fromkeys(("FontProperties", "findfont", "fontManager", "get_font"), "matplotlib.font_manager"),
            **dict.fromkeys(("FancyBboxPatch", "PathPatch"), "matplotlib.patches"),
            "Path": "matplotlib.path",
            "rc_context": "matplotlib",
            **dict.fromkeys(_TICKER, "matplotlib.ticker"),
        },
    )
