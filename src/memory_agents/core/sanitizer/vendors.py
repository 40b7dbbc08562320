"""Tokens that say by their prefix who issued them.

The prefixes are those that the vendors document for their own secret scanning. A row is found by its
literal prefix, then the body must match right behind it; each body either matches or fails within a
bounded number of characters, so a text full of prefixes costs linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from memory_agents.core.sanitizer.text import Redaction, Text
from memory_agents.core.sanitizer.values import is_placeholder

_WORD = r"[A-Za-z0-9]"
_URL = r"[A-Za-z0-9_-]"
_HEX = r"[0-9a-fA-F]"
_GITLAB = "glpat- gldt- glrt- glptt- glft- glimt- glagent- gloas- glcbt- glsoat-"
_SLACK = "xoxb- xoxp- xoxa- xoxo- xoxr- xoxs- xoxe- xoxc- xoxd- xoxe.xoxp- xoxe.xoxb-"


@dataclass(frozen=True, slots=True)
class Vendor:
    """One form of token."""

    kind: str
    prefix: str
    body: re.Pattern[str]
    apart: bool
    """the prefix alone is not telling: no letter or digit may stand before it"""


def _rows(kind: str, prefixes: str, body: str, *, apart: bool = False) -> tuple[Vendor, ...]:
    compiled = re.compile(body, re.ASCII)
    return tuple(Vendor(kind, prefix, compiled, apart) for prefix in prefixes.split())


VENDORS: tuple[Vendor, ...] = (
    # an installation token may be `ghs_<app id>_<JWT>`, some 520 characters
    *_rows("github-token", "ghs_", rf"(?:\d{{1,12}}_eyJ)?{_URL}{{20,}}(?:\.{_URL}{{8,}}){{0,2}}"),
    *_rows("github-token", "ghp_ gho_ ghu_ ghr_", rf"{_WORD}{{20,}}"),
    *_rows("github-token", "github_pat_", r"\w{22,}"),
    *_rows("gitlab-token", _GITLAB, rf"{_URL}{{16,}}(?:\.[\w.]{{2,40}})?"),
    *_rows("gitlab-token", "GR1348941", rf"{_URL}{{20,}}", apart=True),
    *_rows("aws-key-id", "AKIA ASIA ABIA ACCA", r"[A-Z2-7]{16}(?![A-Za-z0-9])", apart=True),
    *_rows("aws-bedrock-key", "ABSK", r"[A-Za-z0-9+/]{100,}={0,2}", apart=True),
    *_rows("google-api-key", "AIza", rf"{_URL}{{35}}", apart=True),
    *_rows("google-oauth-token", "ya29.", rf"{_URL}{{20,}}", apart=True),
    *_rows("google-oauth-token", "1//0", rf"{_URL}{{35,}}", apart=True),
    *_rows("google-client-secret", "GOCSPX-", rf"{_URL}{{20,}}"),
    *_rows("slack-token", _SLACK, r"[A-Za-z0-9%-]{16,}"),
    *_rows("slack-token", "xapp-", r"\d-[A-Za-z0-9-]{20,}"),
    *_rows("stripe-key", "sk_live_ sk_test_ rk_live_ rk_test_ sk_prod_ rk_prod_", rf"{_WORD}{{10,}}"),
    *_rows("stripe-webhook-secret", "whsec_", r"[A-Za-z0-9+/=]{24,}"),
    *_rows("anthropic-key", "sk-ant-", rf"{_URL}{{20,}}"),
    *_rows("openrouter-key", "sk-or-v1-", rf"{_HEX}{{32,}}"),
    *_rows("openai-key", "sk-proj- sk-svcacct- sk-admin- sk-None-", rf"{_URL}{{20,}}"),
    *_rows("openai-key", "sk-", rf"{_WORD}{{20,}}", apart=True),
    *_rows("huggingface-token", "hf_ api_org_", rf"{_WORD}{{30,}}", apart=True),
    *_rows("groq-key", "gsk_", rf"{_WORD}{{30,}}", apart=True),
    *_rows("replicate-token", "r8_", rf"{_WORD}{{30,}}", apart=True),
    *_rows("perplexity-key", "pplx-", rf"{_WORD}{{40,}}"),
    *_rows("xai-key", "xai-", rf"{_WORD}{{60,}}", apart=True),
    *_rows("fireworks-key", "fw_", rf"{_WORD}{{22,}}", apart=True),
    *_rows("langsmith-key", "lsv2_pt_ lsv2_sk_", rf"{_HEX}{{32}}(?:_{_HEX}{{10}})?"),
    *_rows("tavily-key", "tvly-", rf"{_URL}{{24,}}", apart=True),
    *_rows("pinecone-key", "pcsk_", r"\w{40,}"),
    *_rows("nvidia-key", "nvapi-", rf"{_URL}{{40,}}"),
    *_rows("npm-token", "npm_", rf"{_WORD}{{30,}}"),
    *_rows("pypi-token", "pypi-", rf"{_URL}{{50,}}"),
    *_rows("rubygems-key", "rubygems_", rf"{_HEX}{{40,}}"),
    *_rows("nuget-key", "oy2", r"[a-z0-9]{43}(?![A-Za-z0-9])", apart=True),
    *_rows("cratesio-token", "cio", rf"{_WORD}{{32}}(?![A-Za-z0-9])", apart=True),
    *_rows("clojars-token", "CLOJARS_", rf"{_WORD}{{40,}}"),
    *_rows("docker-token", "dckr_pat_ dckr_oat_", rf"{_URL}{{20,}}"),
    *_rows("sendgrid-key", "SG.", rf"{_URL}{{16,32}}\.{_URL}{{30,64}}", apart=True),
    *_rows("twilio-key", "SK", rf"[0-9a-f]{{32}}(?!{_WORD})", apart=True),
    *_rows("mailchimp-key", "md-", rf"{_URL}{{22}}(?!{_URL})", apart=True),
    *_rows("brevo-key", "xkeysib- xsmtpsib-", rf"{_HEX}{{40,}}(?:-{_WORD}{{8,}})?"),
    *_rows("resend-key", "re_", r"[A-Za-z0-9]{6,12}_[A-Za-z0-9]{20,}", apart=True),
    *_rows("digitalocean-token", "dop_v1_ doo_v1_ dor_v1_", rf"{_HEX}{{40,}}"),
    *_rows("shopify-token", "shpat_ shpca_ shppa_ shpss_ shptka_", rf"{_HEX}{{32}}"),
    *_rows("square-token", "EAAA", rf"{_URL}{{58,62}}(?!{_URL})", apart=True),
    *_rows("square-token", "sq0atp- sq0csp- sq0idp-", rf"{_URL}{{20,}}"),
    *_rows("facebook-token", "EAA", rf"{_WORD}{{80,}}", apart=True),
    *_rows("databricks-token", "dapi", rf"[0-9a-f]{{32}}(?:-\d)?(?!{_WORD})", apart=True),
    *_rows("cloudflare-key", "v1.0-", rf"{_HEX}{{24}}-{_HEX}{{100,}}", apart=True),
    *_rows("cloudflare-token", "cfut_ cfat_ cfk_", rf"{_URL}{{36,}}", apart=True),
    *_rows("grafana-token", "glsa_ glc_", r"[A-Za-z0-9+/=_]{32,}"),
    *_rows("linear-token", "lin_api_ lin_oauth_", rf"{_WORD}{{32,}}"),
    *_rows("notion-token", "ntn_ secret_", rf"{_WORD}{{40,}}", apart=True),
    *_rows("atlassian-token", "ATATT3 ATCTT3 ATBB ATSTT3", r"[A-Za-z0-9_=-]{28,}", apart=True),
    *_rows("vault-token", "hvs. hvb. hvr.", rf"{_URL}{{20,}}", apart=True),
    *_rows("terraform-token", ".atlasv1.", rf"{_URL}{{40,}}"),
    *_rows("age-key", "AGE-SECRET-KEY-1", r"[A-Za-z0-9]{50,}"),
    *_rows("doppler-token", "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", r"[\w.-]{40,}", apart=True),
    *_rows("postman-key", "PMAK-", rf"{_HEX}{{24}}-{_HEX}{{34}}"),
    *_rows("sentry-token", "sntrys_ sntryu_", r"[A-Za-z0-9_+/=-]{40,}"),
    *_rows("newrelic-key", "NRAK- NRJS- NRAL- NRII- NRIQ- NRRA-", r"[A-Za-z0-9_-]{19,}", apart=True),
    *_rows("dynatrace-token", "dt0c01. dt0s01. dt0s02.", r"[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    *_rows("fly-token", "FlyV1", r" fm\d[a-z]?_[A-Za-z0-9+/=_,]{40,}"),
    *_rows("fly-token", "fo1_", rf"{_URL}{{40,}}", apart=True),
    *_rows("heroku-key", "HRKU-", rf"{_URL}{{36,}}"),
    *_rows("vercel-token", "vcp_ vci_ vca_ vcr_ vck_", rf"{_WORD}{{24,}}", apart=True),
    *_rows("netlify-token", "nfp_ nfc_ nfo_ nfu_", rf"{_WORD}{{36,}}", apart=True),
    *_rows("supabase-key", "sbp_ sb_secret_", r"[A-Za-z0-9_]{30,}", apart=True),
    *_rows("planetscale-token", "pscale_tkn_ pscale_pw_ pscale_oauth_", r"[\w.=-]{32,}"),
    *_rows("pulumi-token", "pul-", rf"{_HEX}{{40}}", apart=True),
    *_rows("prefect-token", "pnu_ pnb_", rf"{_WORD}{{36}}", apart=True),
    *_rows("airtable-token", "pat", rf"{_WORD}{{14}}\.{_HEX}{{64}}", apart=True),
    *_rows("figma-token", "figd_ figu_", rf"{_URL}{{36,}}"),
    *_rows("contentful-token", "CFPAT-", rf"{_URL}{{40,}}"),
    *_rows("typeform-token", "tfp_", rf"{_URL}{{40,}}", apart=True),
    *_rows("readme-key", "rdme_", r"[a-z0-9]{60,}"),
    *_rows("frameio-token", "fio-u-", rf"{_URL}{{60,}}"),
    *_rows("duffel-token", "duffel_test_ duffel_live_", rf"{_URL}{{40,}}"),
    *_rows("easypost-key", "EZAK EZTK", rf"{_WORD}{{54}}", apart=True),
    *_rows("flutterwave-key", "FLWSECK_TEST- FLWSECK-", r"[A-Za-z0-9]{12,}"),
    *_rows("shippo-token", "shippo_live_ shippo_test_", rf"{_HEX}{{40}}"),
    *_rows("plaid-token", "access-sandbox- access-development- access-production-", rf"{_HEX}{{8}}-[0-9a-f-]{{27}}"),
    *_rows("sonar-token", "squ_ sqp_ sqa_", rf"{_HEX}{{40}}", apart=True),
    *_rows("artifactory-token", "AKCp", rf"{_WORD}{{60,}}", apart=True),
    *_rows("artifactory-token", "cmVmdGtu", rf"{_WORD}{{50,}}", apart=True),
    *_rows("snyk-token", "snyk_uat. snyk_sat.", r"[\w.-]{40,}"),
    *_rows("buildkite-token", "bkua_", rf"{_HEX}{{40}}", apart=True),
    *_rows("circleci-token", "CCIPAT_ CCIPRJ_", r"\w{40,}"),
    *_rows("launchdarkly-key", "sdk-", rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}", apart=True),
    *_rows("onepassword-token", "ops_eyJ", r"[A-Za-z0-9+/=_-]{100,}"),
    *_rows("tailscale-key", "tskey-", r"[a-z]{2,10}-[A-Za-z0-9]{8,}-[A-Za-z0-9]{16,}"),
    *_rows("sourcegraph-token", "sgp_ sgd_", r"[A-Za-z0-9_]{40,}", apart=True),
    *_rows("posthog-key", "phx_", rf"{_WORD}{{40,}}", apart=True),
    *_rows("infracost-key", "ico-", rf"{_WORD}{{32}}", apart=True),
    *_rows("okta-token", "SSWS ", rf"00{_URL}{{40}}", apart=True),
    *_rows("alibaba-key-id", "LTAI", rf"{_WORD}{{16,24}}(?!{_WORD})", apart=True),
    *_rows("tencent-key-id", "AKID", rf"{_WORD}{{32}}(?!{_WORD})", apart=True),
    *_rows("yandex-key", "AQVN", rf"{_URL}{{35,38}}(?!{_URL})", apart=True),
    *_rows("adobe-secret", "p8e-", rf"{_WORD}{{32}}", apart=True),
    *_rows("intra42-secret", "s-s4t2ud- s-s4t2af-", rf"{_HEX}{{64}}"),
)  # fmt: skip

_FORMS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    # kind, hint, the whole form: the prefix is too weak or stands in the middle
    ("azure-client-secret", "q~", re.compile(r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}")),
    ("mailgun-key", "key-", re.compile(r"(?<![A-Za-z0-9_-])key-[0-9a-f]{32}(?![A-Za-z0-9])")),
    ("telegram-token", ":aa", re.compile(r"(?<!\d)\d{8,10}:AA[A-Za-z0-9_-]{32,35}(?![A-Za-z0-9_-])")),
    ("discord-token", ".", re.compile(rf"(?<!{_URL})[MNO]{_URL}{{23,27}}\.{_URL}{{6}}\.{_URL}{{27,40}}")),
    ("terraform-token", ".atlasv1.", re.compile(rf"(?<!{_WORD}){_WORD}{{14}}\.atlasv1\.{_URL}{{40,80}}")),
    (
        "jwt",
        "eyj",
        re.compile(
            rf"(?<![A-Za-z0-9-])(?<!{_URL}_)eyJ{_URL}{{8,}}+\.{_URL}{{8,}}+(?:\.{_URL}++){{0,3}}+(?:\.{_URL}{{8,}}+)*+"
        ),
    ),
)


def vendor_tokens(text: Text) -> Iterator[Redaction]:
    """Tokens of VENDORS, also those glued to one another."""
    shadow = text.shadow
    for vendor in VENDORS:
        done = 0
        at = shadow.find(vendor.prefix)
        while at >= 0:
            behind = at + len(vendor.prefix)
            is_apart = at == 0 or at < done or not _is_word(shadow[at - 1])
            body = vendor.body.match(shadow, behind)
            if body and (is_apart or not vendor.apart) and not is_placeholder(body.group()):
                yield text.redaction(at, body.end(), vendor.kind)
                done = body.end()
            # a body takes along the letters with which the next token begins
            at = shadow.find(vendor.prefix, max(behind, body.end() - len(vendor.prefix)) if body else behind)


def formed_tokens(text: Text) -> Iterator[Redaction]:
    """Tokens that their whole form tells, JWTs among them."""
    for kind, hint, pattern in _FORMS:
        for match in text.finditer(pattern, hint):
            if not is_placeholder(match.group()):
                yield text.redaction(match.start(), match.end(), kind)


def _is_word(char: str) -> bool:
    return char.isascii() and char.isalnum()
