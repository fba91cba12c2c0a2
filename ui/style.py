"""Dark and quiet: the picture is the point."""

from __future__ import annotations

from qtpy.QtGui import QColor, QPalette
from qtpy.QtWidgets import QApplication

BACK = "#0e1012"  # behind the picture
PANEL = "#16191c"
FIELD = "#1f2428"
HOVER = "#2a3137"
LINE = "#2c3339"
TEXT = "#dde2e6"
MUTED = "#949da5"
DIM = "#5b646c"
ACCENT = "#56b4e9"
GOOD = "#3fb68b"
WARN = "#e6a817"
BAD = "#f0706a"

HANDLE_PX = 14  # of a slider

SHEET = f"""
QMainWindow, QDialog {{ background: {PANEL}; }}
QWidget#side, QWidget#bar {{ background: {PANEL}; }}
QWidget#side {{ border-left: 1px solid {LINE}; }}
QLabel[role="heading"], QLabel[role="muted"] {{ color: {MUTED}; }}
QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: 5px; padding: 4px; }}
QToolButton:hover {{ background: {HOVER}; }}
QToolButton:pressed, QToolButton:checked {{ background: {FIELD}; border-color: {LINE}; }}
QToolButton:focus {{ border-color: {ACCENT}; }}
QWidget#build QToolButton {{ padding: 1px; }}
QWidget#notes {{ border-bottom: 1px solid transparent; }}
QWidget#notes:focus {{ border-color: {ACCENT}; }}
QCheckBox:focus {{ color: {ACCENT}; }}
QLabel[role="warning"] {{ color: {WARN}; }}
QProgressBar {{ background: {LINE}; border: 0; border-radius: 2px; max-height: 4px; }}
QProgressBar::chunk {{ background: {ACCENT}; border-radius: 2px; }}
QToolTip {{ background: {FIELD}; color: {TEXT}; border: 1px solid {LINE}; padding: 4px; }}
QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {LINE}; }}
QSlider::sub-page:horizontal {{ border-radius: 2px; background: {ACCENT}; }}
QSlider::sub-page:horizontal:disabled {{ background: {LINE}; }}
QSlider::handle:horizontal {{ width: {HANDLE_PX}px; margin: -5px 0; border-radius: 7px; background: {TEXT}; }}
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{ background: {ACCENT}; }}
QSlider::handle:horizontal:disabled {{ background: {DIM}; }}
"""

_ROLES = {
    QPalette.ColorRole.Window: PANEL,
    QPalette.ColorRole.WindowText: TEXT,
    QPalette.ColorRole.Base: FIELD,
    QPalette.ColorRole.AlternateBase: PANEL,
    QPalette.ColorRole.Text: TEXT,
    QPalette.ColorRole.Button: FIELD,
    QPalette.ColorRole.ButtonText: TEXT,
    QPalette.ColorRole.BrightText: BAD,
    QPalette.ColorRole.PlaceholderText: MUTED,
    QPalette.ColorRole.ToolTipBase: FIELD,
    QPalette.ColorRole.ToolTipText: TEXT,
    QPalette.ColorRole.Highlight: "#2f6f95",
    QPalette.ColorRole.HighlightedText: "#ffffff",
    QPalette.ColorRole.Link: ACCENT,
}
_DISABLED = (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText)


def apply(app: QApplication) -> None:
    """Dress the whole application."""
    app.setStyle("Fusion")
    app.setPalette(palette())
    boxes = palette()
    boxes.setColor(QPalette.ColorRole.Window, QColor(MUTED))  # Fusion draws their outline a little darker than this
    app.setPalette(boxes, "QCheckBox")
    app.setStyleSheet(SHEET)


def palette() -> QPalette:
    """The colours of everything that the sheet does not name."""
    made = QPalette()
    for role, colour in _ROLES.items():
        made.setColor(role, QColor(colour))
    for role in _DISABLED:
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(DIM))
    return made
