"""Every error as a problem document (RFC 9457), from one table: slug, status, and both languages.

`type` is a path that answers: `GET /problems/{slug}` says what the problem means and what to do. Nothing a caller sent is
echoed outside `errors[].value`, and personal values are masked before they come here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from api.language import localise, negotiate


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem. `title` and `advice` are in Chinese and English."""

    status: int
    title_zh: str
    title_en: str
    advice_zh: str
    advice_en: str


KINDS: Mapping[str, Kind] = {
    "form-invalid": Kind(422, "申请表填写有误", "the form is not filled in correctly",
        "errors 一次列出全部问题；逐项改正后用新的 Idempotency-Key 再次提交。",
        "errors lists everything that is wrong; mend each and send again with a new Idempotency-Key."),
    "not-json": Kind(400, "请求体不是规范的 JSON", "the body is not strict JSON",
        "请发送 UTF-8 编码、无重复成员、仅含整数的 JSON。", "Send UTF-8 JSON without duplicate members and with integers only."),
    "too-large": Kind(413, "请求体过大", "the body is too large",
        "申请表不含附件；请去掉多余内容。", "An application carries no attachments; leave out what does not belong to it."),
    "item-not-published": Kind(404, "事项未公布", "the item is not published",
        "清单之外无审批；请在 /v1/items 中选择事项。", "Nothing outside the catalogue is approved; choose an item from /v1/items."),
    "item-not-in-force": Kind(422, "事项当日未实施", "the item is not in force on that day",
        "请查看事项的实施期间。", "See the item's period in force."),
    "key-missing": Kind(400, "缺少 Idempotency-Key", "the Idempotency-Key header is missing",
        "为每一份申请生成一个唯一的键（如 UUID），重发时不变。", "Make one unique key for each application (a UUID, say) and keep it when you send again."),
    "key-reused": Kind(422, "Idempotency-Key 已用于另一份申请", "the Idempotency-Key was used for another body",
        "新的申请请用新的键。", "Use a new key for a new application."),
    "overloaded": Kind(503, "系统繁忙", "the service is busy",
        "本次请求未被受理；请稍后以同一键重发。", "Nothing was accepted; send again with the same key in a moment."),
    "duplicate": Kind(409, "相同内容的申请已在办理或者已经获准", "the same content is pending or approved already",
        "请查看先前的申请；新的申请须由本人确认新的内容。", "Look at the earlier application; a new one needs new content that the persons confirm."),
    "in-flight": Kind(409, "同一请求正在处理", "the same request is being worked on",
        "稍后以同一键重发即可取得结果。", "Send the same request again in a moment to get its answer."),
    "unauthenticated": Kind(401, "需要访问令牌", "an access token is needed",
        "请在 Authorization 头中提供有效的 Bearer 令牌。", "Send a valid bearer token in the Authorization header."),
    "forbidden": Kind(403, "权限不足", "the token does not allow this",
        "该操作需要另外的授权范围。", "This needs another scope."),
    "not-found": Kind(404, "未找到", "not found",
        "请核对地址与编号。", "Check the address and the id in it."),
    "method-not-allowed": Kind(405, "不支持的方法", "the method is not allowed here",
        "请使用 Allow 头列出的方法。", "Use one of the methods in the Allow header."),
    "media-type": Kind(415, "内容类型不受支持", "the content type is not supported",
        "请使用 application/json。", "Use application/json."),
    "not-referred": Kind(409, "该申请不在待人工办理之列", "the case is not waiting for an officer",
        "它可能已经办结；请查看其状态。", "It may have been dealt with already; look at its state."),
    "ruling-incomplete": Kind(422, "决定书缺少法定内容", "the ruling lacks what the law asks for",
        "不予登记须写明理由与法律条文（行政许可法第三十八条）。", "A refusal states reasons and articles (Administrative Licensing Law art. 38)."),
    "request-invalid": Kind(422, "请求参数有误", "a parameter of the request is not valid",
        "errors 列出全部问题。", "errors lists everything that is wrong."),
    "not-ready": Kind(404, "尚无证照", "there is no licence yet",
        "申请获准后才有证照。", "A licence exists once the application is approved."),
    "not-published": Kind(404, "尚未公布", "not yet published",
        "该记录尚未列入已公布的检查点；请稍后再试。", "The published checkpoint does not cover this record yet; ask again in a moment."),
    "store-unavailable": Kind(503, "系统暂时无法保存", "the store cannot write at the moment",
        "本次请求是否已被受理尚不确定；请稍后以同一键重发：您会得到它的结果，绝不会形成第二件申请。",
        "It is not known whether it was accepted; send again with the same key: you will get its answer, never a second case."),
    "release-refused": Kind(422, "规则发布未被接受", "the rule release is not accepted",
        "reason 是原因代码，errors 说明具体之处；现行规则不变。", "reason is the code of the reason, errors tells the place; the live rules stay as they are."),
    "switch-invalid": Kind(422, "停办或恢复请求有误", "the item cannot be stopped or resumed so",
        "请写明理由；已停办的事项只能恢复，未停办的只能停办。", "State the reason; an item that is stopped can only be resumed, one that is not can only be stopped."),
    "permit-refused": Kind(422, "许可不能这样加印或变更", "the permit cannot be added or changed so",
        "errors 列出全部问题；声明须由许可机关自己的密钥重新签署。", "errors lists everything that is wrong; the authority signs a new statement with its own key."),
    "pass-refused": Kind(422, "通行证不能这样载入或变更", "the pass cannot be made or changed so",
        "errors 列出全部问题；声明须由登记管理机关自己的密钥重新签署。", "errors lists everything that is wrong; the civil-affairs authority signs a new statement with its own key."),
    "status-refused": Kind(422, "状态不能这样变更", "the status cannot be changed so",
        "请写明 act 与 reason；暂停的可以恢复，撤销的不可恢复。", "Send act and reason; what is suspended can be restored, what is revoked cannot."),
    "download-refused": Kind(422, "该证照现在不能下载", "this licence cannot be downloaded now",
        "detail 说明原因；请与登记机关联系。", "detail tells why; ask the registry."),
    "key-unavailable": Kind(503, "签名密钥暂时不可用", "a signing key cannot be reached at the moment",
        "本次请求未产生任何结果；请稍后重试。", "Nothing came of this request; ask again later."),
    "sheet-unavailable": Kind(503, "照面暂时不能生成", "the sheet cannot be set at the moment",
        "detail 说明缺少什么（字体或组件）；请登记机关安装后重试。", "detail tells what is lacking (a font, a package); the registry installs it, then ask again."),
    "no-rules": Kind(503, "尚无有效的规则发布", "no rule release is live",
        "发布规则之后方可受理（docs/rule-releases.md）；本次请求未被受理。", "Nothing is accepted before rules are published (docs/rule-releases.md); nothing was kept of this request."),
    "codes-exhausted": Kind(503, "统一社会信用代码号段已用完", "no unified social credit code is left",
        "决定已经作出并保存；补充号段后自动出证。", "The decision is kept; the licence follows once codes are allotted."),
    "internal": Kind(500, "系统内部错误", "an internal error",
        "请稍后以同一键重发；错误已记录。", "Send again later with the same key; the error was recorded."),
}  # fmt: skip


class ProblemError(Exception):
    """Raised anywhere under `api/` to answer with a problem. `detail` and `errors` may hold `{"zh":…, "en":…}`."""

    def __init__(
        self,
        kind: str,
        detail: Any = None,
        *,
        errors: list[dict[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})
        self.extra = extra
        super().__init__(kind)


def not_theirs() -> ProblemError:
    """Return the 404 of what belongs to somebody: it does not tell what is not there from what is another's."""
    return ProblemError("not-found", {"zh": "请核对编号；您只能看到自己的申请与证照。",
                                      "en": "Check the id; you see your own applications and licences only."})  # fmt: skip


def _told(error: dict[str, Any]) -> dict[str, Any]:
    """Leave out a value that is none: nothing was sent in that place."""
    return {name: value for name, value in error.items() if name != "value" or value not in (None, "")}


def answer(request: Request, problem: ProblemError) -> JSONResponse:
    """Turn a problem into its response, in the caller's language."""
    kind = KINDS[problem.kind]
    language = negotiate(request.headers.get("accept-language"))
    body: dict[str, Any] = {
        "type": f"/problems/{problem.kind}",
        "title": {"zh": kind.title_zh, "en": kind.title_en},
        "status": kind.status,
        "detail": problem.detail or {"zh": kind.advice_zh, "en": kind.advice_en},
        "instance": request.url.path,
        **problem.extra,
    }
    if problem.errors is not None:
        body["errors"] = [_told(error) for error in problem.errors]
    headers = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store", **problem.headers}
    return JSONResponse(localise(body, language), kind.status, headers, "application/problem+json")
