"""The stories that the examples tell: what is laid over a valid application, and what is meant to come of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from verifiers.registries.words import COMPANIES

if TYPE_CHECKING:
    from examples.make import Maker

KINDS: Final = ("individual", "sole_proprietorship", "llc")


def _nothing(_: "Maker") -> None:
    """Leave the application as it is."""


@dataclass(frozen=True, slots=True)
class Story:
    """One example. `rules` are those that make the outcome; `down` is a source that is out of service for a while."""

    kind: str
    slug: str
    zh: str
    en: str
    outcome: str
    change: Callable[["Maker"], None] = _nothing
    rules: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    unsigned: tuple[tuple[str, str], ...] = ()
    signed_too_early: bool = False  # the content was changed after it was signed
    down: str | None = None
    ruling: dict[str, Any] | None = None


def _both(*changes: Callable[["Maker"], None]) -> Callable[["Maker"], None]:
    def change(maker: "Maker") -> None:
        for one in changes:
            one(maker)

    return change


def _held(position: int, held: str, index: int = 0) -> Callable[["Maker"], None]:
    return lambda maker: maker.be(position, maker.county.with_property(held, index))


def _set(*path: str | int, to: Any) -> Callable[["Maker"], None]:
    def change(maker: "Maker") -> None:
        place: Any = maker.document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to

    return change


def _elsewhere(maker: "Maker") -> None:
    premises = maker.document["premises"]
    premises.pop("standard_address_code", None)
    premises.update(division_code="370783", county="寿光市", town="圣城街道", village="示例社区")
    if "articles" in maker.document:
        parts = ("province", "city", "county", "town", "village", "road", "number")
        address = "".join(premises[part] for part in parts if part in premises)
        maker.document["articles"]["values"]["address"] = address


def _family(maker: "Maker") -> None:
    maker.document["entity"]["form"] = "family"
    ref = maker.add_person(maker.county.person(4001))
    maker.document["family_members"] = [{"person": ref, "relation": "spouse"}]


def _online(maker: "Maker") -> None:
    maker.scope("F523201")
    maker.name(maker.document["entity"]["name"].replace("百货店", "服装店").replace("文具店", "服装店"))
    maker.document["premises"]["network"] = {
        "platform_name": "示例电商平台",
        "url": "https://shop.example.org/370784",
        "attestation_number": "PT-2026-000123",
    }


def _agent(maker: "Maker") -> None:
    ref = maker.add_person(maker.county.person(4002))
    maker.document["agent"] = {
        "person": ref,
        "powers": ["submit", "check", "correct_own", "collect"],
        "valid_from": "2026-11-01",
        "valid_to": "2036-10-31",
        "is_intermediary": False,
        "agent_status_disclosed": True,
    }
    maker.document["signatures"] += [
        {"person": ref, "document": "application"},
        {"person": "p1", "document": "mandate"},
    ]


def _single(maker: "Maker") -> None:
    document = maker.document
    document["entity"]["form"] = "single_person"
    for held in (document, document["articles"]["values"]):
        held["shareholders"] = [{**held["shareholders"][0], "subscribed_fen": 100_000_000}]
    document["signatures"] = [s for s in document["signatures"] if s["person"] == "p1"]


def _board(maker: "Maker") -> None:
    document = maker.document
    chair, second = maker.add_person(maker.county.person(4003)), maker.add_person(maker.county.person(4004))
    document["officers"] = [
        {"person": chair, "post": "chair", "term_years": 3, "appointed_by": "elected"},
        {"person": "p1", "post": "director", "term_years": 3, "appointed_by": "elected"},
        {"person": second, "post": "director", "term_years": 3, "appointed_by": "elected"},
        {"person": "p1", "post": "manager", "appointed_by": "hired"},
        {"person": "p2", "post": "supervisor", "term_years": 3, "appointed_by": "elected"},
        {"person": "p3", "post": "finance_head", "appointed_by": "hired"},
    ]
    document["articles"]["values"]["organs"] = (
        "公司设股东会；设董事会，成员三人，由股东会选举产生，董事长一人；设监事一名；职权和议事规则依照公司法。"
    )


def _share(position: int, **members: Any) -> Callable[["Maker"], None]:
    def change(maker: "Maker") -> None:
        document = maker.document
        document["shareholders"][position].update(members)
        shown = {name: value for name, value in members.items() if name != "valuation"}
        document["articles"]["values"]["shareholders"][position].update(shown)

    return change


def _capital(fen: int) -> Callable[["Maker"], None]:
    def change(maker: "Maker") -> None:
        maker.document["registered_capital_fen"] = fen
        maker.document["articles"]["values"]["registered_capital_fen"] = fen

    return change


def _abnormal(maker: "Maker") -> None:
    for position in (0, 1):
        _share(position, subscribed_fen=100_000_000_000)(maker)
    _capital(200_000_000_000)(maker)
    maker.document["beneficial_owner"] = {"exemption_claimed": False, "listed": [{"person": "p1"}, {"person": "p2"}]}


def _taken_name(maker: "Maker") -> None:
    maker.name(next(n.full for n in maker.county.names() if n.status == "registered" and n.registry == "370784"
                    and n.industry == "百货"))  # fmt: skip
    maker.scope("F521101")


def _given_up_name(maker: "Maker") -> None:
    """Take a company name that was cancelled within the year, with a main business that fits its industry."""
    for name in maker.county.names():
        recent = (maker.county.anchor - name.since).days < 300
        if name.status != "cancelled" or name.registry != "370784" or name.transferred_to is not None or not recent:
            continue
        if not name.full.endswith("公司") or not name.full.startswith("安丘市"):
            continue
        division = next(code for industry, _, code in COMPANIES if industry == name.industry)[:3]
        fitting = [code for code, entry in maker.catalogue.items()
                   if code.startswith(division) and entry["kind"] == "general" and not entry["special_consultation"]]  # fmt: skip
        if fitting:
            maker.name(name.full)
            maker.scope(fitting[0])
            return
    message = "the county has no such name"
    raise LookupError(message)


def _trouble(trouble: str) -> Callable[["Maker"], None]:
    return lambda maker: maker.place(maker.county.troubled_address(trouble))


_REFUSE = {
    "verdict": "refuse",
    "reasons": {
        "zh": "经核实，拟任法定代表人因所负数额较大债务到期未清偿被列为失信被执行人，且未提交信用修复材料。",
        "en": "The proposed legal representative is listed for a large unpaid debt, and no proof of delisting was given.",
    },
    "articles": [{"law": "公司法", "version": "2023-12-29", "article": "178", "paragraph": 1, "item": 5}],
}
_APPROVE = {
    "verdict": "approve",
    "reasons": {
        "zh": "已电话核实经营者本人意愿，多处经营属实，未发现冒名登记情形，同意登记。",
        "en": "The operator was reached by telephone and confirmed the several shops; nothing points to a sham.",
    },
    "articles": [],
}
SHOP, SOLE, COMPANY = KINDS
STORIES: Final = (
    Story(SHOP, "grocery", "百货店，个人经营", "a general store, run by one person", "approved"),
    Story(SHOP, "family", "家庭经营的服装店", "a clothes shop run by a family", "approved", _family),
    Story(SHOP, "no-name", "不起字号的个体工商户", "an individual business without a name", "approved", lambda m: m.name(None)),
    Story(SHOP, "online-shop", "电商平台内的网店", "a shop on an e-commerce platform", "referred", _online, ("A08a",)),
    Story(SHOP, "bakery", "兼营散装食品，需后置许可", "sells unpacked food: a permit is due afterwards", "approved",
          _both(lambda m: m.scope("F521101", "F522902"),
                lambda m: m.name(f"安丘市{m.county.free_trade_name(252)}百货店"))),
    Story(SHOP, "several-defects", "多处问题一次告知", "several defects, told at once", "fix",
          _both(_set("scope", "items", 1, "text", to="各种商品"), _set("declarations", "premises", to=False)),
          ("A04", "B01", "S07", "S14"), unconfirmed=("p2",), signed_too_early=True),
    Story(SHOP, "name-taken", "名称与已登记的相同", "the name is taken", "fix", _taken_name, ("N18",)),
    Story(SHOP, "called-company", "名称自称公司", "calls itself a company", "fix",
          lambda m: m.name(f"安丘市{m.county.free_trade_name(250)}百货公司"), ("N13",)),
    Story(SHOP, "deceased", "经营者已去世", "the operator is dead", "referred", _held(0, "deceased"),
          ("S07",)),   # the reason itself (S11) is told to the officer only: a portal must not learn who is dead
    Story(SHOP, "limited-capacity", "经营者为限制民事行为能力人", "the operator has limited capacity", "referred",
          _held(0, "limited_capacity"), ("P02",)),
    Story(SHOP, "many-shops", "同一人名下多户，人工核实后准予", "one person with many shops: an officer approves", "referred",
          _held(0, "many_businesses"), ("G09",), ruling=_APPROVE),
    Story(SHOP, "next-county", "经营场所在寿光市", "the premises are in the next county", "routed", _elsewhere, ("S02",)),
    Story(SHOP, "wants-a-person", "申请人要求人工办理", "asks for a person to decide", "referred",
          _set("declarations", "wants_human", to=True), ("S23",)),
    Story(SHOP, "court-down", "法院数据源中断后恢复", "the court's source is down and comes back", "approved", down="court"),
    Story(SOLE, "advertising", "广告中心，设受托管理人", "an advertising studio with a manager", "approved"),
    Story(SOLE, "family-property", "以家庭共有财产出资", "paid in from family property", "approved",
          _set("contribution", to={"amount_fen": 20_000_000, "source": "family", "family_member_names": ["周示例"]})),
    Story(SOLE, "no-manager", "投资人自行经营", "the investor runs it alone", "approved",
          lambda m: (m.document.pop("entrusted_manager"), m.document["people"].pop(1), None)[-1]),
    Story(SOLE, "with-agent", "委托代理人办理", "an agent applies", "approved", _agent),
    Story(SOLE, "dishonest-investor", "投资人为失信被执行人（法律不禁止）", "a listed debtor invests: no bar in law",
          "approved", _held(0, "dishonest_for_debt")),
    Story(SOLE, "calls-itself-limited", "名称使用有限公司", "calls itself limited", "fix",
          lambda m: m.name(f"安丘市{m.county.free_trade_name(251)}广告有限公司"), ("N12",)),
    Story(SOLE, "several-defects", "多处问题一次告知", "several defects, told at once", "fix",
          _both(_set("scope", "items", 1, "text", to="设计"), _set("declarations", "truthful", to=False)),
          ("B01", "S05", "S07"), unconfirmed=("p2",)),
    Story(SOLE, "manager-unknown", "受托管理人姓名与证件号不符", "the second person's name and number differ", "fix",
          _set("people", 1, "name", to="赵示误"), ("S08",)),
    Story(SOLE, "civil-servant", "投资人为公务员", "the investor is a civil servant", "referred",
          _set("people", 0, "barred_office", to="civil_servant"), ("P11",)),
    Story(SOLE, "crowded-address", "同一地址登记户数过多", "too many at one address", "referred", _trouble("crowded"), ("A12",)),
    Story(SOLE, "condemned-building", "经营场所列入负面清单", "the building is on the negative list", "referred",
          _trouble("restricted"), ("A07",)),
    Story(SOLE, "foreign-investor", "投资人为外国公民", "the investor is a foreigner", "routed",
          _both(_held(0, "foreigner"), _set("people", 0, "nationality", to="USA")), ("D02",)),
    Story(SOLE, "names-down", "名称库中断后恢复", "the name registry is down and comes back", "approved", down="name_registry"),
    Story(COMPANY, "software", "两名股东的软件公司", "a software company of two", "approved"),
    Story(COMPANY, "one-person", "自然人独资公司", "a company of one", "approved", _single),
    Story(COMPANY, "with-board", "设董事会的公司", "a company with a board", "approved", _board),
    Story(COMPANY, "listed-shareholder", "股东失信（不任职，法律不禁止）", "a shareholder is a listed debtor: no bar in law", "approved",
          _both(_held(1, "dishonest_for_debt", 1),
                _set("officers", 2, to={"person": "p4", "post": "supervisor", "term_years": 3, "appointed_by": "elected"}))),
    Story(COMPANY, "second-pays-late", "第二名股东认缴期限超过五年", "only the second shareholder pays too late", "fix",
          _share(1, due_on="2045-12-31"), ("C04",)),
    Story(COMPANY, "sum-differs", "认缴之和不等于注册资本", "the shares do not add up", "fix", _capital(120_000_000), ("C03",)),
    Story(COMPANY, "supervisor-manages", "监事兼任副经理", "the supervisor is also deputy manager", "fix",
          lambda m: m.document["officers"].append({"person": "p2", "post": "deputy_manager", "appointed_by": "hired"}),
          ("C16",)),
    Story(COMPANY, "many-defects", "多处问题一次告知", "many defects, told at once", "fix",
          _both(_share(1, method="labour"), _set("officers", 0, "term_years", to=5),
                _set("declarations", "name_infringement", to=False)),
          ("C06", "C17", "N23", "S07", "S14"), unconfirmed=("p2",), unsigned=(("p2", "application"),)),
    Story(COMPANY, "no-approval", "前置许可未附批准文件", "an approval that is due before is missing", "fix",
          lambda m: m.scope("I651301", "L727101"), ("B03",)),
    Story(COMPANY, "listed-representative", "法定代表人失信，登记机关不予登记", "the representative is barred: the bureau refuses",
          "referred", _held(0, "dishonest_for_debt", 2), ("P07",), ruling=_REFUSE),
    Story(COMPANY, "revoked-before", "法定代表人曾任被吊销企业的法定代表人", "led a company whose licence was revoked", "referred",
          _held(0, "revoked_representative"), ("P06",)),
    Story(COMPANY, "ten-billion", "注册资本明显异常", "a plainly abnormal capital", "referred", _abnormal, ("C08",)),
    Story(COMPANY, "foreign-shareholder", "含外国股东", "one shareholder is a foreigner", "routed",
          _both(_held(1, "foreigner", 1), _set("people", 1, "nationality", to="USA")), ("C02",)),
    Story(COMPANY, "name-given-up", "名称一年内注销过", "a name given up less than a year ago", "fix", _given_up_name, ("N19",)),
    Story(COMPANY, "population-down", "人口库中断后恢复", "the population register is down and comes back", "approved", down="population"),
)  # fmt: skip
