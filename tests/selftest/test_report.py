"""The file to send back holds everything but what is nobody's business."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.errors import OutputError
from selftest.check import Outcome, Status
from selftest.report import ROOT, Report

OK = Outcome(Status.OK, "fine", {"ms": 1.5})


def written(report: Report) -> dict[str, object]:
    found: dict[str, object] = json.loads(report.path.read_text())
    return found


def test_it_is_written_after_each_check(tmp_path: Path) -> None:
    report = Report(tmp_path / "new", {"backend": "auto"})
    report.add("first", OK, 0.26)
    first = {"status": "ok", "words": "fine", "figures": {"ms": 1.5}, "traceback": "", "seconds": 0.3}
    assert written(report)["checks"] == {"first": first}
    report.add("second", OK, 1)
    assert list(json.loads(report.path.read_text())["checks"]) == ["first", "second"]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(Status.OK, "ok"), (Status.SKIPPED, "ok"), (Status.MISSING, "ok"), (Status.FAILED, "failed")],
)
def test_only_a_failure_fails(tmp_path: Path, status: Status, verdict: str) -> None:
    report = Report(tmp_path, {})
    report.add("a", Outcome(status, "x"), 1)
    report.add("b", OK, 1)
    assert report.failed == (verdict == "failed")
    assert written(report)["verdict"] == verdict


def test_no_names_no_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/maria")
    monkeypatch.setenv("LOGNAME", "maria")
    monkeypatch.setattr(platform, "node", lambda: "marias-orin")
    report = Report(tmp_path, {})
    text = f"{ROOT}/app.py, /home/maria/x.onnx on marias-orin, /media/maria/disk, TensorRT 10.3.0.30, maria-cam"
    report.add("a", Outcome(Status.FAILED, text, {"places": [text]}, text), 1)
    clean = "./app.py, ~/x.onnx on <host>, /media/<user>/disk, TensorRT 10.3.0.30, maria-cam"
    check = json.loads(report.path.read_text())["checks"]["a"]
    assert (check["words"], check["figures"]["places"], check["traceback"]) == (clean, [clean], clean)


def test_no_passwords(tmp_path: Path) -> None:
    report = Report(tmp_path, {"source": "rtsp://maria:s3cret@cam/live?token=abc"})
    report.add("a", Outcome(Status.FAILED, "no answer", traceback="at\n'http://x:s3cret@cam' in line 1"), 1)
    assert "s3cret" not in report.path.read_text()
    assert report.figures()["options"] == {"source": "rtsp://***@cam/live?token=***"}


def test_addresses_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    entries = [SimpleNamespace(address=address) for address in ("192.168.7.20", "fe80::1%eth0")]
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: {"eth0": entries})
    report = Report(tmp_path, {})
    report.add("a", Outcome(Status.OK, "192.168.7.20 and fe80::1, version 192.168.7.201"), 1)
    assert report.figures()["checks"]["a"]["words"] == "<address> and <address>, version 192.168.7.201"


def test_what_json_cannot_say(tmp_path: Path) -> None:
    report = Report(tmp_path, {})
    report.add("a", Outcome(Status.OK, "x", {"nan": float("nan"), "all": (1, float("inf"))}), 1)
    assert json.loads(report.path.read_text())["checks"]["a"]["figures"] == {"nan": None, "all": [1, None]}


def test_a_folder_that_cannot_be_written() -> None:
    with pytest.raises(OutputError, match=r"/proc/nothing/selftest\.json"):
        Report(Path("/proc/nothing"), {}).add("a", OK, 1)
