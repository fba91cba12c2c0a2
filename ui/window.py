"""The main window: puts the widgets together, and carries wishes to the session and news back."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QCloseEvent, QScreen
from qtpy.QtWidgets import QDialog, QFrame, QHBoxLayout, QMainWindow, QScrollArea, QVBoxLayout, QWidget

from core.status import State, Status
from core.types import Thresholds
from pipeline.session import Session
from ui.commands import Commands, connect
from ui.feed import USUAL_HZ, Feed
from ui.figures_panel import FiguresPanel
from ui.message_bar import MessageBar
from ui.network_panel import NetworkPanel
from ui.picture import Picture
from ui.renderer import Renderer
from ui.source_bar import SourceBar
from ui.status_line import StatusLine
from ui.thresholds_panel import ThresholdsPanel
from ui.transport import Transport
from ui.video_view import VideoView

USUAL_SIZE = QSize(1280, 800)
CONFIDENCE_STEP = 5  # hundredths
STALE = (State.STALLED, State.RECONNECTING, State.FAILED)


class Window(QMainWindow):
    """Shows one session; closing it ends the feed, not the session."""

    def __init__(self, session: Session, renderer: Renderer) -> None:
        super().__init__()
        settings = session.settings
        self._session = session
        self._renderer = renderer
        self._state = State.STARTING
        self._model = ""
        self.commands = Commands(self)
        self.commands.transport.loop.setChecked(settings.loop)
        self.view = VideoView()
        self.message = MessageBar(self.view)
        self.bar = SourceBar(settings.source, settings.model, self.commands.source)
        self.figures = FiguresPanel()
        self.network = NetworkPanel()
        self.thresholds = ThresholdsPanel()
        self.transport = Transport(self.commands.transport, session.speed)
        self.status_line = StatusLine(self.commands.cancel_build)
        screen = self.screen()
        self.feed = Feed(session, renderer, screen.refreshRate() if screen else USUAL_HZ)
        self._lay_out()
        self.resize(_first_size(screen))
        self._connect_news()
        self._connect_wishes()
        self.feed.start()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Ask no more, so that nothing reaches widgets that go, and take open dialogs along."""
        self.feed.stop()
        for dialog in self.findChildren(QDialog):
            dialog.close()
        super().closeEvent(event)

    def _lay_out(self) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.view, 1)
        middle.addWidget(self._side())
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addLayout(middle, 1)
        column.addWidget(self.transport)
        column.addWidget(self.status_line)
        self.setCentralWidget(body)
        self.view.setFocus()

    def _side(self) -> QWidget:
        side = QWidget()
        side.setObjectName("side")
        column = QVBoxLayout(side)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(18)
        column.addWidget(self.figures)
        column.addWidget(self.thresholds)
        column.addWidget(self.network)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(side)
        scroll.setFixedWidth(self.fontMetrics().horizontalAdvance("0") * 34)
        return scroll

    def _connect_news(self) -> None:
        self.feed.pictured.connect(self._show_picture)
        self.feed.told.connect(self._follow)
        self.view.painted.connect(self._session.shown)
        self.view.resized.connect(self._set_area)

    def _connect_wishes(self) -> None:
        session, commands = self._session, self.commands
        self.bar.source_chosen.connect(self._does(session.set_source))
        self.bar.source_chosen.connect(lambda _uri: self.view.setFocus())
        self.bar.model_chosen.connect(self._does(session.set_model))
        self.transport.seek_bar.sought.connect(self._does(self._seek))
        self.transport.speed_chosen.connect(self._does(session.set_speed))
        self.thresholds.changed.connect(self._does(self._set_thresholds))
        commands.transport.loop.toggled.connect(session.set_loop)
        connect(commands.transport.play, self._does(self._play_or_pause))
        connect(commands.transport.step, self._does(self._step))
        connect(commands.transport.restart, self._does(lambda: self._seek(0)))
        connect(commands.type_source, self._type_source)
        connect(commands.more_confidence, lambda: self._nudge_confidence(CONFIDENCE_STEP))
        connect(commands.less_confidence, lambda: self._nudge_confidence(-CONFIDENCE_STEP))
        connect(commands.source.build_engine, self._does(self._build_engine))
        connect(commands.cancel_build, self._does(session.cancel_build))
        connect(commands.close, self.close)

    def _does(self, act: Callable[..., object]) -> Callable[..., None]:
        """`act`, and its effect is seen at once."""

        def act_and_look(*arguments: object) -> None:
            act(*arguments)
            self.feed.refresh()

        return act_and_look

    def _show_picture(self, picture: Picture) -> None:
        self.view.show_picture(picture)
        self.transport.seek_bar.follow_position(picture.result.frame.media_ns)

    def _follow(self, status: Status) -> None:
        self._state = status.state
        self._follow_model(status)
        self.bar.follow(status)
        self.figures.follow(status)
        self.network.follow(status.engine)
        self.thresholds.follow(status.engine.thresholds if status.engine else None)
        self.thresholds.follow_overlooked(status.overlooked)
        self.transport.follow(status)
        self.status_line.follow(status)
        self.commands.show_playing(status.state not in (State.PAUSED, State.ENDED))
        self.commands.show_building(status)
        self._follow_message(status)
        self.setWindowTitle(f"{status.source.uri} – Jetsight" if status.source else "Jetsight")

    def _follow_model(self, status: Status) -> None:
        model = status.engine.model if status.engine else ""
        if model != self._model:
            self._model = model
            self._look_again()

    def _follow_message(self, status: Status) -> None:
        self.view.set_veiled(status.state in STALE)
        if self.view.empty:
            heading = status.opening and f"opening {status.opening} …"
            self.view.show_words(heading or "no picture", status.message)
        self.message.follow("" if self.view.empty else status.message, status.state)

    def _set_area(self, width: int, height: int) -> None:
        self._renderer.area = (width, height)

    def _play_or_pause(self) -> None:
        state = self._session.status().state
        if state is State.PAUSED:
            self._session.resume()
        elif state is State.ENDED:
            self._seek(0)
        else:
            self._session.pause()

    def _step(self) -> None:
        if self._session.status().state is not State.ENDED:
            self._session.step()

    def _seek(self, media_ns: int) -> None:
        """Somewhere else; from the end on it plays, wherever it was held before."""
        ended = self._session.status().state is State.ENDED
        self._session.seek(media_ns)
        if ended:
            self._session.resume()

    def _build_engine(self) -> None:
        """Whatever comes of it is said, even if it was said before."""
        self._session.build_engine()
        self.message.follow("", self._state)

    def _set_thresholds(self, thresholds: Thresholds) -> None:
        self._session.set_thresholds(thresholds)
        self._look_again()

    def _look_again(self) -> None:
        """What changed shows in a held picture too."""
        if self._state is State.PAUSED:
            self.transport.seek_bar.seek_again()

    def _nudge_confidence(self, hundredths: int) -> None:
        slider = self.thresholds.confidence
        slider.setValue(slider.value() + hundredths)

    def _type_source(self) -> None:
        self.bar.source.setFocus()
        self.bar.line.selectAll()


def _first_size(screen: QScreen | None) -> QSize:
    """Two thirds of a large screen, at least 1280x800, at most what there is."""
    room = screen.availableSize() if screen else USUAL_SIZE
    return (room * 2 / 3).expandedTo(USUAL_SIZE).boundedTo(room)
