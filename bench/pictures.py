"""What a picture costs that is drawn anew: `python -m bench.pictures`.

The time of each, as a screen draws it, and by how much the memory of the process grew while eight came at once.
"""

import io
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from PIL import Image

from events.protocols.sentry import pictures

SIZES = ((390, 844), (1290, 2796), (1920, 1080), (3840, 2160), (4000, 4000))


def screen(size: tuple[int, int], name: str) -> bytes:
    """A picture with plains, edges and some noise, like a page."""
    image = Image.new("RGB", size, (250, 250, 252))
    noise = Image.effect_noise((size[0] // 3, size[1] // 3), 60).convert("RGB")
    image.paste(noise, (10, 10))
    for row in range(0, size[1], 40):
        image.paste((20, 20, 40), (size[0] // 2, row, size[0] // 2 + 200, row + 12))
    written = io.BytesIO()
    image.save(written, name)
    return written.getvalue()


def peak() -> int:
    """The most memory that this program had, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def main() -> None:
    pictures.drawn_anew(screen((100, 100), "PNG"), most=1 << 30)
    print(f"{'format':<7}{'pixels':>12}{'sent kB':>9}{'kept kB':>9}{'ms':>7}")
    largest = b""
    for size in SIZES:
        for name in ("PNG", "JPEG", "WEBP"):
            data = screen(size, name)
            start = time.process_time()
            kept = pictures.drawn_anew(data, most=1 << 30)
            took = (time.process_time() - start) * 1000
            shown = f"{size[0]}x{size[1]}"
            print(f"{name:<7}{shown:>12}{len(data) / 1000:>9.0f}{len(kept.data) / 1000:>9.0f}{took:>7.0f}")
            largest = data if name == "PNG" else largest
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(largest)
        subprocess.run([sys.executable, "-m", "bench.pictures", file.name], check=True)


def eight(data: bytes) -> None:
    """In a process that did nothing else: the peak of eight at once, beside that of none."""
    pictures.drawn_anew(screen((100, 100), "PNG"), most=1 << 30)
    before = peak()
    threads = [threading.Thread(target=pictures.drawn_anew, args=(data,), kwargs={"most": 1 << 30}) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"peak memory {before} MB, after eight of {SIZES[-1]} at once {peak()} MB")


if __name__ == "__main__":
    eight(Path(sys.argv[1]).read_bytes()) if sys.argv[1:] else main()
