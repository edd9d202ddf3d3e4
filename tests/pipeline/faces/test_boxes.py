"""Operations of MTCNN on boxes, with expected values worked by hand."""

import torch

from pipeline.faces.boxes import nms_by_smaller_area, pixel_windows, regress_boxes, square_boxes, windows_in_picture


def test_square_boxes_grow_the_shorter_side_about_the_centre() -> None:
    assert square_boxes(torch.tensor([[10.0, 20.0, 20.0, 60.0]])).tolist() == [[-5.0, 20.0, 35.0, 60.0]]


def test_regress_boxes_moves_sides_by_shares_of_width_and_height() -> None:
    boxes, offsets = torch.tensor([[10.0, 20.0, 19.0, 39.0]]), torch.tensor([[0.1, 0.2, -0.1, 0.0]])
    assert regress_boxes(boxes, offsets, inclusive=True).tolist() == [[11.0, 24.0, 18.0, 39.0]]  # 10 wide, 20 high
    torch.testing.assert_close(regress_boxes(boxes, offsets, inclusive=False), torch.tensor([[10.9, 23.8, 18.1, 39.0]]))


def test_pixel_windows_reach_beyond_the_picture() -> None:
    boxes = torch.tensor([[3.7, 5.2, 10.9, 12.1], [-4.0, 0.0, 200.0, 90.0], [-3.5, -0.2, 4.0, 4.0]])
    assert pixel_windows(boxes).tolist() == [[2, 4, 10, 12], [-5, -1, 200, 90], [-5, -2, 4, 4]]


def test_windows_in_picture_show_a_pixel_of_it() -> None:
    windows = torch.tensor([[-5, -5, 1, 1], [-5, -5, 0, 9], [99, 79, 105, 85], [100, 0, 120, 20], [7, 7, 7, 20]])
    assert windows_in_picture(windows, width=100, height=80).tolist() == [True, False, True, False, False]


def test_nms_removes_a_box_inside_a_box_of_higher_score() -> None:
    boxes = torch.tensor([[0.0, 0.0, 99.0, 99.0], [10.0, 10.0, 29.0, 29.0], [200.0, 0.0, 249.0, 49.0]])
    assert nms_by_smaller_area(boxes, torch.tensor([0.8, 0.9, 0.7]), 0.7).tolist() == [1, 2]
    assert nms_by_smaller_area(boxes[:0], torch.empty(0), 0.7).tolist() == []
