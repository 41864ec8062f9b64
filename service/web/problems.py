"""What a problem's code means: the page that the `type` of a problem leads to."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse

from service.access.guard import Open
from service.api.problems import explained
from service.refusals import TEXTS
from service.web.showing import show

router = APIRouter(include_in_schema=False)


@router.get("/problems/{code}", dependencies=[Depends(Open())], response_class=HTMLResponse)
def problem_page(request: Request, code: Annotated[str, Path(max_length=64)]) -> HTMLResponse:
    """The code in Danish and English."""
    text = explained(code)
    if not text:
        return show(request, "frame.html", 404, message="Der er ingen kode af det navn.")
    return show(request, "problem.html", code=code, text=text, refused=code in TEXTS)
