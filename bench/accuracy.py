"""Accuracy of a detector on labelled pictures: COCO's mean average precision.

Lin et al., "Microsoft COCO: Common Objects in Context" (2014); computed by pycocotools, box evaluation, at most 100
boxes a picture, every class of a box above the threshold counts.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ModelError, SourceNotFound, SourceUnreadable, UsageError
from core.types import Detections, Frame, Prediction, Thresholds
from detector.detector import Detector

LOWEST_SCORE = 0.001
MOST_BOXES = 100


@dataclass(frozen=True)
class Labelled:
    """A folder of pictures, and COCO's instances JSON about them."""

    images: Path
    annotations: Path


def evaluate(
    detector: Detector, labelled: Labelled, progress: Callable[[int, int], None], iou: float | None = None
) -> dict[str, Any]:
    """`map` and `map50` in percent over the classes that the network knows, and both with `objects` for each class.

    None where nothing is labelled. Categories and the network's labels are matched by name. `detector` is open;
    `head` is what decodes it and `assumed` what its layout takes for granted. `iou` is the overlap suppressed, None for
    the network's own. `progress` is called with pictures done and pictures in all.
    """
    truth = _truth(labelled.annotations)
    categories = _categories(truth, detector.info.labels)
    detector.set_thresholds(_thresholds(detector.info.thresholds, iou))
    pictures = sorted(truth.getImgIds())
    rows: list[list[float]] = []
    for done, picture in enumerate(pictures):
        progress(done, len(pictures))
        prediction = _predict(detector, labelled.images / truth.loadImgs(picture)[0]["file_name"])
        rows += _rows(picture, prediction, categories)
    progress(len(pictures), len(pictures))
    scores = _scores(truth, rows, categories, detector.info.labels)
    return {**scores, "head": detector.info.head, "assumed": list(detector.info.notes)}


def _thresholds(usual: Thresholds, iou: float | None) -> Thresholds:
    return replace(
        usual,
        confidence=LOWEST_SCORE,
        iou=usual.iou if iou is None else iou,
        multi_label=True,
        max_detections=MOST_BOXES,
    )


def _truth(annotations: Path) -> Any:
    if not annotations.is_file():
        raise SourceNotFound(f"there is no {annotations}", "Give COCO's instances JSON with --annotations.")
    from pycocotools.coco import COCO

    truth = COCO()
    try:
        truth.dataset = _complete(json.loads(annotations.read_text(encoding="utf-8")))
        with contextlib.redirect_stdout(io.StringIO()):
            truth.createIndex()
    except KeyError as error:
        raise _unreadable(annotations, f"{error} is missing") from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise _unreadable(annotations, str(error)) from error
    return truth


def _unreadable(annotations: Path, reason: str) -> SourceUnreadable:
    return SourceUnreadable(f"{annotations} is not COCO's instances JSON ({reason})", "Give such a file.")


def _complete(dataset: dict[str, Any]) -> dict[str, Any]:
    """The dataset with what others leave out and pycocotools needs; KeyError or TypeError where that is no dataset.

    Objects are counted from 1: pycocotools takes a match with number 0 for none.
    """
    objects = [
        {
            **{name: entry[name] for name in ("image_id", "category_id", "bbox")},
            "id": number,
            "area": entry.get("area", entry["bbox"][2] * entry["bbox"][3]),
            "iscrowd": entry.get("iscrowd", 0),
        }
        for number, entry in enumerate(dataset["annotations"], 1)
    ]
    images = [{"id": entry["id"], "file_name": str(entry["file_name"])} for entry in dataset["images"]]
    categories = [{"id": entry["id"], "name": str(entry["name"])} for entry in dataset["categories"]]
    if not images:
        raise ValueError("it lists no pictures")
    return {"images": images, "annotations": objects, "categories": categories}


def _categories(truth: Any, labels: Sequence[str]) -> dict[int, int]:
    """Class index of the network -> category id of the annotations, by name."""
    ids = {category["name"].casefold(): category["id"] for category in truth.loadCats(truth.getCatIds())}
    known = {index: ids[label.casefold()] for index, label in enumerate(labels) if label.casefold() in ids}
    if not known:
        raise UsageError(
            "the annotations and the network share no class name", f"The network has: {', '.join(labels)}."
        )
    return known


def _predict(detector: Detector, path: Path) -> Detections:
    import cv2

    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SourceUnreadable(f"{path} cannot be read", "Give the folder of the annotated pictures with --images.")
    detector.submit(Frame.from_bgr(picture.astype(np.uint8, copy=False)))
    return _boxes(detector.collect().prediction)


def _boxes(prediction: Prediction) -> Detections:
    if not isinstance(prediction, Detections):
        raise ModelError("this network does not find boxes", "Accuracy is measured for detectors only.")
    return prediction


def _rows(picture: int, found: Detections, categories: dict[int, int]) -> list[list[float]]:
    """Rows of pycocotools' result array: picture, x, y, w, h, score, category."""
    corners = found.xyxy.astype(float)
    return [
        [picture, x0, y0, x1 - x0, y1 - y0, float(score), categories[int(index)]]
        for (x0, y0, x1, y1), score, index in zip(corners, found.confidence, found.class_id, strict=True)
        if int(index) in categories
    ]


def _scores(truth: Any, rows: list[list[float]], categories: dict[int, int], labels: Sequence[str]) -> dict[str, Any]:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        found = truth.loadRes(np.array(rows)) if rows else COCO()
        evaluation = COCOeval(truth, found, "bbox")
        evaluation.params.catIds = sorted(categories.values())
        evaluation.evaluate()
        evaluation.accumulate()
    # precision: [IoU 0.50..0.95, recall, class, area all/small/medium/large, at most 1/10/100 boxes]
    precision = evaluation.eval["precision"][:, :, :, 0, 2]
    per_class = {
        labels[index]: {
            "map": _percent(precision[:, :, column]),
            "map50": _percent(precision[0, :, column]),
            "objects": len(truth.getAnnIds(catIds=[category], iscrowd=False)),
        }
        for column, (category, index) in enumerate(sorted((c, i) for i, c in categories.items()))
    }
    return {"map": _percent(precision), "map50": _percent(precision[0]), "per_class": per_class}


def _percent(precision: Any) -> float | None:
    """Mean over all that is defined; -1 marks classes without objects; None where nothing is defined."""
    defined = precision[precision > -1]
    return round(100 * float(defined.mean()), 2) if defined.size else None
