import numpy as np
import pytest
import zxingcpp

from benchmarks import camera, robustness, robustness_report
from licence_qr import qr


@pytest.mark.parametrize("version", robustness.VERSIONS)
def test_a_link_fills_the_version_it_stands_for(version):
    link = robustness.link_of(version)
    assert len(qr.matrix_of(link)) == 17 + 4 * version
    assert link == robustness.link_of(version)


def test_a_clean_picture_is_read_and_a_ruined_one_is_not():
    link = robustness.link_of(14)
    paper = camera.on_paper(qr.matrix_of(link))
    random = np.random.default_rng(1)
    assert zxingcpp.read_barcode(camera.photographed(paper, 0.5, random, degrees=10)).text == link
    assert zxingcpp.read_barcode(camera.photographed(camera.damaged(paper, 0.6, random), 0.5, random)) is None


def test_a_figure_counts_what_was_read_and_what_was_misread():
    link, other = robustness.link_of(14), robustness.link_of(16)
    matrix = qr.matrix_of(link)
    condition = robustness.Condition("rotation, degrees", "0", robustness._seen())
    right = robustness._cell(condition, 14, link, matrix, 2, 0)
    wrong = robustness._cell(condition, 14, other, matrix, 2, 0)
    assert (right.read, right.wrong, wrong.read, wrong.wrong) == (2, 0, 0, 2)
    told = robustness_report.markdown([right, wrong], picture="a.png")
    assert "| 14-M | 100% | 0% |" in told
    assert "Read as something else: 2 of 4" in told
    assert any("V14-M" in line for line in robustness_report.lines([right]))
