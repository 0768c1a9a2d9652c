"""Legal bases as people write them: 《公司法》第四十七条第一款 and Company Law art. 47 para. 1."""

from collections.abc import Mapping

from rules.model import LegalBasis, Text

_DIGITS = "零一二三四五六七八九"
# Working translations of the titles; the Chinese title is the one that counts.
ENGLISH_TITLES: Mapping[str, str] = {
    "个人信息保护法": "Personal Information Protection Law",
    "个人独资企业法": "Sole Proprietorship Enterprise Law",
    "中国人民解放军内务条令": "PLA Internal Service Regulations",
    "人民警察法": "People's Police Law",
    "企业信息公示暂行条例": "Interim Regulation on Enterprise Information Disclosure",
    "企业名称登记管理规定": "Provisions on Enterprise Name Registration",
    "优化营商环境条例": "Regulation on Optimising the Business Environment",
    "促进个体工商户发展条例": "Regulation on Promoting Individual Businesses",
    "保安服务管理条例": "Regulation on Security Services",
    "公务员法": "Civil Servants Law",
    "公司法": "Company Law",
    "公司登记管理实施办法": "Implementing Measures for Company Registration",
    "出版管理条例": "Regulation on Publishing",
    "劳动合同法": "Labour Contract Law",
    "危险化学品安全管理条例": "Regulation on the Safety of Hazardous Chemicals",
    "受益所有人信息管理办法": "Measures on Beneficial Owner Information",
    "国务院关于在线政务服务的若干规定": "State Council Provisions on Online Government Services",
    "国务院关于实施《公司法》注册资本登记管理制度的规定": "State Council Provisions on Registered Capital",
    "对外劳务合作管理条例": "Regulation on Overseas Labour Cooperation",
    "居民身份证法": "Resident Identity Card Law",
    "山东省市场主体住所（经营场所）登记管理办法": "Shandong Measures on the Registration of Premises",
    "市场主体登记管理条例": "Regulation on the Registration of Market Entities",
    "市场主体登记管理条例实施细则": "Implementing Rules on the Registration of Market Entities",
    "征信业管理条例": "Regulation on Credit Reporting",
    "报废机动车回收管理办法": "Measures on the Recycling of End-of-Life Vehicles",
    "旅行社条例": "Regulation on Travel Agencies",
    "无证无照经营查处办法": "Measures against Business without Permit or Licence",
    "检察官法": "Public Procurators Law",
    "民法典": "Civil Code",
    "民法典物权编": "Civil Code, Book Two (Property)",
    "民用爆炸物品安全管理条例": "Regulation on the Safety of Civil Explosives",
    "法官法": "Judges Law",
    "烟花爆竹安全管理条例": "Regulation on the Safety of Fireworks",
    "电子商务法": "E-Commerce Law",
    "电子签名法": "Electronic Signature Law",
    "经营主体登记文书规范": "Standard Forms for the Registration of Business Entities",
    "行政复议法": "Administrative Reconsideration Law",
    "行政许可法": "Administrative Licensing Law",
    "行政诉讼法": "Administrative Litigation Law",
    "道路运输条例": "Regulation on Road Transport",
    "邮政法": "Postal Law",
    "食品安全法": "Food Safety Law",
}


def chinese_number(number: int) -> str:
    """Write 1 to 9999 as laws do.

    >>> chinese_number(47), chinese_number(10), chinese_number(110), chinese_number(1024)
    ('四十七', '十', '一百一十', '一千零二十四')
    """
    written, gap = "", False
    for unit, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            written += ("零" if gap and written else "") + _DIGITS[digit] + sign
        gap = digit == 0
    return written.removeprefix("一") if written.startswith("一十") else written


def citation(basis: LegalBasis) -> Text:
    """Write one legal basis in both languages.

    >>> citation(LegalBasis(law="公司法", article="47", paragraph=1)).zh
    '《公司法》第四十七条第一款'
    """
    title = ENGLISH_TITLES.get(basis.law, basis.law)
    if basis.article is None:
        return Text(zh=f"《{basis.law}》", en=title)
    article, _, inserted = basis.article.partition("-")
    zh = f"《{basis.law}》第{chinese_number(int(article))}条"
    en = f"{title} art. {basis.article}"
    if inserted:  # 第七十一条之二: an article inserted by a later edition
        zh += f"之{chinese_number(int(inserted))}"
    if basis.paragraph is not None:
        zh += f"第{chinese_number(basis.paragraph)}款"
        en += f" para. {basis.paragraph}"
    if basis.item is not None:
        zh += f"第（{chinese_number(basis.item)}）项"
        en += f" item ({basis.item})"
    return Text(zh=zh, en=en)


def citations(bases: tuple[LegalBasis, ...]) -> Text:
    """Write several legal bases, in their order."""
    each = [citation(basis) for basis in bases]
    return Text(zh="、".join(one.zh for one in each), en="; ".join(one.en for one in each))
