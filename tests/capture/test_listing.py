from __future__ import annotations

import errno
import os

import pytest
from fake_camera import FakeCamera, FakeDevice

from capture.listing import Listed, cameras, device_paths
from capture.video4linux import abi
from capture.video4linux.device import Mode


def listed(fake: FakeCamera) -> list[Listed]:
    found = cameras(["/dev/video3"], fake.connect)
    assert fake.open_devices == 0
    return found


def test_a_camera_with_every_format_size_and_greatest_rate():
    (camera,) = listed(FakeCamera())
    assert (camera.source, camera.device, camera.state, camera.remedy) == ("/dev/video3", "/dev/video3", "free", "")
    assert (camera.name, camera.driver) == ("Fake", "fake")
    assert camera.fourccs == ("YUYV", "MJPG")
    assert camera.modes == (
        Mode("YUYV", 64, 48, 30.0),
        Mode("YUYV", 128, 96, 10.0),
        Mode("MJPG", 64, 48, 30.0),
        Mode("MJPG", 128, 96, 30.0),
    )


def test_of_a_range_of_sizes_the_usual_ones_and_the_greatest_are_listed():
    (camera,) = listed(FakeCamera({"YUYV": {(1640, 1232): 15.0}}, sizes_are_ranges=True))
    assert [(mode.width, mode.height) for mode in camera.modes] == [(640, 480), (1280, 720), (1640, 1232)]


def test_a_busy_camera_is_listed_as_in_use():
    (camera,) = listed(FakeCamera(refusals={abi.REQBUFS: errno.EBUSY}))
    assert camera.state.startswith("in use")
    assert camera.modes


def test_a_bare_sensor_is_opened_as_a_csi_camera():
    (camera,) = listed(FakeCamera({"RG10": {(3280, 2464): 21.0}}))
    assert (camera.source, camera.device) == ("csi://3", "/dev/video3")


def test_nodes_without_pictures_are_left_out():
    assert listed(FakeCamera(abilities=0x00800000)) == []


def test_one_that_goes_meanwhile_is_left_out():
    assert listed(FakeCamera(refusals={abi.QUERYCAP: errno.ENODEV})) == []


def test_one_that_may_not_be_opened_is_listed_with_what_to_do():
    def refuse(path: str) -> FakeDevice:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    (camera,) = cameras(["/dev/video3"], refuse)
    assert "may not open /dev/video3" in camera.state
    assert "usermod -aG video" in camera.remedy


def test_paths_are_in_the_order_of_their_numbers(tmp_path, monkeypatch: pytest.MonkeyPatch):
    for number in (10, 2, 0):
        (tmp_path / f"video{number}").touch()
    monkeypatch.setattr("capture.listing.DEVICES", tmp_path)
    assert [path.rpartition("/")[2] for path in device_paths()] == ["video0", "video2", "video10"]
