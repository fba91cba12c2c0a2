from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from capture.video4linux import abi

# Computed by a C compiler from linux/videodev2.h, on x86-64; they are the same on all 64-bit machines.
REQUESTS = {
    "QUERYCAP": 0x80685600,
    "ENUM_FMT": 0xC0405602,
    "G_FMT": 0xC0D05604,
    "S_FMT": 0xC0D05605,
    "REQBUFS": 0xC0145608,
    "QUERYBUF": 0xC0585609,
    "QBUF": 0xC058560F,
    "DQBUF": 0xC0585611,
    "STREAMON": 0x40045612,
    "STREAMOFF": 0x40045613,
    "G_PARM": 0xC0CC5615,
    "S_PARM": 0xC0CC5616,
    "ENUM_FRAMESIZES": 0xC02C564A,
    "ENUM_FRAMEINTERVALS": 0xC034564B,
}
OFFSETS = {
    "v4l2_capability, device_caps": abi.Capability.device_caps.offset,
    "v4l2_fmtdesc, pixelformat": abi.FormatDescription.pixelformat.offset,
    "v4l2_format, fmt.pix.width": abi.Format.fmt.offset + abi.PixelLayout.width.offset,
    "v4l2_format, fmt.pix.bytesperline": abi.Format.fmt.offset + abi.PixelLayout.bytesperline.offset,
    "v4l2_streamparm, parm.capture.timeperframe": abi.StreamParameters.timeperframe.offset,
    "v4l2_frmsizeenum, discrete": abi.FrameSize.values.offset,
    "v4l2_frmivalenum, discrete": abi.FrameInterval.values.offset,
    "v4l2_buffer, flags": abi.Buffer.flags.offset,
    "v4l2_buffer, timestamp": abi.Buffer.seconds.offset,
    "v4l2_buffer, sequence": abi.Buffer.sequence.offset,
    "v4l2_buffer, m.offset": abi.Buffer.offset.offset,
    "v4l2_buffer, length": abi.Buffer.length.offset,
}


@pytest.mark.parametrize("name", REQUESTS)
def test_requests_have_the_kernels_numbers(name: str):
    assert getattr(abi, name) == REQUESTS[name]


def test_fields_lie_where_the_compiler_puts_them(tmp_path: Path):
    compiler = shutil.which("cc")
    if compiler is None or not Path("/usr/include/linux/videodev2.h").exists():
        pytest.skip("no C compiler with the kernel's headers")
    lines = "".join(f'printf("%zu\\n", offsetof(struct {place}));' for place in OFFSETS)
    includes = "#include <stddef.h>\n#include <stdio.h>\n#include <linux/videodev2.h>\n"
    (tmp_path / "offsets.c").write_text(f"{includes}int main(void) {{ {lines} }}\n")
    subprocess.run([compiler, "offsets.c", "-o", "offsets"], cwd=tmp_path, check=True)
    printed = subprocess.run([tmp_path / "offsets"], capture_output=True, text=True, check=True).stdout
    assert dict(zip(OFFSETS, map(int, printed.split()), strict=True)) == OFFSETS


@pytest.mark.parametrize("name", ["MJPG", "YUYV", "Y16"])
def test_pixel_formats_have_names(name: str):
    assert abi.fourcc_name(abi.fourcc(name)) == name


def test_the_bit_for_big_endian_is_no_letter():
    assert abi.fourcc_name(abi.fourcc("Y16") | 1 << 31) == "Y16"
