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
from memory_agents.core.sanitizer.trie import places, trie
from memory_agents.core.sanitizer.values import is_placeholder

_WORD = r"[A-Za-z0-9]"
_URL = r"[A-Za-z0-9_-]"
_HEX = r"[0-9a-fA-F]"
_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
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
    *_rows("aikido-token", "AIK_CI_ AIK_SECRET_", rf"{_WORD}{{20,64}}", apart=True),
    *_rows("airtable-token", "key", rf"(?=[A-Za-z0-9]{{0,13}}\d)(?=[A-Za-z0-9]{{0,13}}[A-Z]){_WORD}{{14}}(?![\w-])", apart=True),
    *_rows("alibaba-token", "STS.", rf"{_WORD}{{16,64}}", apart=True),
    *_rows("apify-token", "apify_api_", rf"{_WORD}{{30,}}"),
    *_rows("asaas-token", "$aact_prod_ $aact_hmlg_ $aact_", rf"{_URL}{{20,}}"),
    *_rows("authress-key", "sc_ ext_ scauth_ authress_", r"[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][a-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,120}"),
    *_rows("aws-bedrock-key", "bedrock-api-key-", r"[A-Za-z0-9+/=_-]{20,}"),
    *_rows("aws-mws-key", "amzn.mws.", _UUID),
    *_rows("bitbucket-token", "BBDC-", r"[A-Za-z0-9+/=]{32,}", apart=True),
    *_rows("brave-key", "BSA", rf"(?=[A-Za-z_-]{{0,20}}\d){_URL}{{24,40}}(?!{_URL})", apart=True),
    *_rows("buildkite-token", "bkaa_ bkaj_ bkar_ bkct_ bkpt_ bkpat_ bkps_ bkua_", rf"{_URL}{{40,}}", apart=True),
    *_rows("notify-key", "gcntfy-", rf"[a-z0-9_]+-{_UUID}-{_UUID}"),
    *_rows("canva-secret", "cnvca", rf"{_URL}{{40,}}", apart=True),
    *_rows("cartesia-key", "sk_car_", rf"\w{{20,}}"),
    *_rows("cerebras-key", "csk-", rf"{_WORD}{{40,}}", apart=True),
    *_rows("cloudsmith-key", "csa_", rf"{_WORD}{{36}}", apart=True),
    *_rows("cockroach-key", "CCDB1_", r"\w{50,}"),
    *_rows("configcat-key", "configcat-sdk-1/", rf"{_URL}{{22}}/{_URL}{{22}}"),
    *_rows("clickup-token", "pk_", rf"\d{{6,10}}_{_WORD}{{32}}", apart=True),
    *_rows("cohere-key", "co_api_", rf"{_WORD}{{30,}}"),
    *_rows("checkout-key", "sk_ sk_sbox_", rf"{_UUID}", apart=True),
    *_rows("elevenlabs-key", "sk_", rf"{_HEX}{{32,}}", apart=True),
    *_rows("secret-key", "sk_live_ sk_test_", r"[A-Za-z0-9+/]{40,}={0,2}", apart=True),
    *_rows("clerk-key", "sk_live_ sk_test_", rf"{_WORD}{{32,}}", apart=True),
    *_rows("datastax-token", "AstraCS:", r"[A-Za-z0-9:]{20,}"),
    *_rows("databento-key", "db-", rf"(?=[A-Za-z]{{0,24}}\d){_WORD}{{29}}(?!{_WORD})", apart=True),
    *_rows("deno-token", "ddp_ ddo_ ddw_", rf"{_WORD}{{36}}", apart=True),
    *_rows("devcycle-key", "dvc_client_ dvc_mobile_ dvc_server_", r"\w{8,}"),
    *_rows("devin-key", "apk_user_ apk_", r"[A-Za-z0-9+/]{60,}={0,2}", apart=True),
    *_rows("devin-key", "cog_", r"[a-z2-7]{40,}", apart=True),
    *_rows("defined-token", "dnkey-", r"[a-z0-9=_-]{26,}-[a-z0-9=_-]{40,}"),
    *_rows("docker-swarm-token", "SWMTKN-1-", r"[a-z0-9]{40,60}-[a-z0-9]{20,30}"),
    *_rows("docker-swarm-key", "SWMKEY-1-", r"[A-Za-z0-9+/]{40,}"),
    *_rows("dropbox-token", "sl.u. sl.", rf"{_URL}{{100,}}", apart=True),
    *_rows("ebay-secret", "PRD- SBX-", rf"{_HEX}{{8,12}}(?:-{_HEX}{{4}}){{2,4}}-?{_HEX}{{0,12}}", apart=True),
    *_rows("elastic-key", "essu_", rf"[A-Za-z0-9_=-]{{40,}}", apart=True),
    *_rows("endorlabs-key", "endr+", rf"{_URL}{{16}}"),
    *_rows("exoscale-key", "EXO", rf"(?=[A-Za-z]{{0,20}}\d){_WORD}{{24,30}}(?!{_WORD})", apart=True),
    *_rows("firebase-token", "AAAA", rf"{_URL}{{7}}:APA91b{_URL}{{100,}}", apart=True),
    *_rows("flutterwave-key", "FLWSECK_LIVE-", rf"{_WORD}{{12,}}"),
    *_rows("gemini-key", "AQ.Ab8", rf"{_URL}{{40,}}", apart=True),
    *_rows("gitlab-token", "glffct- glcbt- glwt- glsoat- _gitlab_session=", rf"{_URL}{{16,}}"),
    *_rows("gitea-token", "gta_ gto_ gitea_", rf"{_WORD}{{32,}}", apart=True),
    *_rows("gocardless-token", "live_ sandbox_", rf"(?=[A-Za-z_-]{{0,20}}\d){_URL}{{40}}(?!{_URL})", apart=True),
    *_rows("grafana-token", "eyJrIjoi", r"[A-Za-z0-9+/]{40,}={0,2}", apart=True),
    *_rows("harness-token", "pat. sat.", rf"{_URL}{{22}}\.{_WORD}{{24}}\.{_WORD}{{20}}", apart=True),
    *_rows("hashicorp-token", "hcp. hcs.", rf"{_URL}{{20,}}", apart=True),
    *_rows("hubspot-token", "pat-", rf"(?:na|eu|ap)\d-{_UUID}", apart=True),
    *_rows("intercom-token", "dG9rO", r"[A-Za-z0-9+/]{40,}={0,2}", apart=True),
    *_rows("ionic-token", "ion_", rf"{_WORD}{{42}}", apart=True),
    *_rows("jina-key", "jina_", rf"{_URL}{{40,}}"),
    *_rows("jotform-key", "jf_", rf"{_WORD}{{32,}}", apart=True),
    *_rows("keygen-token", "admin- prod- user- activ-", r"[0-9a-f]{32,}v[123]", apart=True),
    *_rows("klaviyo-key", "pk_", rf"(?=[a-z]{{0,30}}\d)[a-z0-9]{{34}}(?!{_WORD})", apart=True),
    *_rows("kraken-secret", "kraken_", rf"{_WORD}{{40,}}"),
    *_rows("langfuse-key", "sk-lf-", _UUID),
    *_rows("lichess-token", "lip_ lio_", rf"\w{{16,}}", apart=True),
    *_rows("linode-token", "linode_", rf"{_HEX}{{64}}"),
    *_rows("llama-key", "llx-", rf"{_WORD}{{40,}}"),
    *_rows("llama-key", "LLM|", r"\d{10,20}\|[A-Za-z0-9_-]{20,}", apart=True),
    *_rows("lob-key", "live_ test_", rf"(?:pub_)?[a-f0-9]{{35}}(?!{_WORD})", apart=True),
    *_rows("mailersend-token", "mlsn.", rf"{_WORD}{{30,}}"),
    *_rows("mailgun-key", "pubkey-", rf"{_HEX}{{32}}"),
    *_rows("mapbox-token", "sk. tk. pk.", rf"eyJ{_URL}{{30,}}\.{_URL}{{16,}}", apart=True),
    *_rows("mercadopago-token", "APP_USR- TEST-", r"\d{12,20}-\d{6}-[0-9a-f]{32}-\d{6,12}", apart=True),
    *_rows("mercury-token", "secret-token:mercury_ mercury_production_", rf"\w{{40,}}"),
    *_rows("mergify-key", "mergify_application_key_", rf"{_URL}{{40,}}"),
    *_rows("minimax-key", "sk-api-", rf"{_URL}{{60,}}"),
    *_rows("mistral-key", "mis_", rf"{_WORD}{{32,}}", apart=True),
    *_rows("mongodb-secret", "mdb_sa_sk_", rf"{_URL}{{40}}"),
    *_rows("moonshot-key", "sk-kimi-", rf"{_URL}{{30,}}"),
    *_rows("neon-key", "napi_ npg_", rf"{_WORD}{{12,}}", apart=True),
    *_rows("ngrok-key", "ak_ cr_", rf"(?=[A-Za-z]{{0,20}}\d)[A-Za-z0-9]{{27,30}}(?!{_WORD})", apart=True),
    *_rows("nylas-key", "nyk_ nyk_v0_", rf"\w{{40,}}"),
    *_rows("octopus-key", "API-", r"[A-Z0-9]{25,32}(?![A-Za-z0-9])", apart=True),
    *_rows("onepassword-key", "A3-", r"[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}", apart=True),
    *_rows("onesignal-key", "os_v2_app_ os_v2_org_", r"[a-z2-7]{80,}"),
    *_rows("onfido-token", "api_live. api_live_us. api_live_ca. api_sandbox. api_sandbox_us. api_sandbox_ca.", rf"{_URL}{{11}}\.?{_URL}{{16,}}"),
    *_rows("openrouter-key", "sk-or-", rf"{_URL}{{32,}}"),
    *_rows("openshift-token", "sha256~", rf"{_URL}{{43}}"),
    *_rows("packagist-token", "packagist_ort_ packagist_out_ packagist_uut_ packagist_acs_", rf"{_HEX}{{60,}}"),
    *_rows("paddle-key", "pdl_live_apikey_ pdl_sdbx_apikey_", r"\w{40,}"),
    *_rows("paypal-token", "access_token$production$ access_token$sandbox$", r"[0-9a-z]{16}\$[0-9a-f]{32}"),
    *_rows("paystack-key", "sk_live_ sk_test_", rf"{_HEX}{{40}}"),
    *_rows("perplexity-key", "pplx-", rf"{_WORD}{{32,}}"),
    *_rows("persona-key", "persona_production_ persona_sandbox_", rf"{_URL}{{20,}}"),
    *_rows("phrase-token", "phrase_", rf"{_HEX}{{40,}}"),
    *_rows("pinterest-token", "pina_", rf"{_URL}{{20,}}", apart=True),
    *_rows("polar-token", "polar_at_ polar_oat_ polar_pat_ polar_cs_ polar_whs_", rf"{_URL}{{20,}}"),
    *_rows("posthog-key", "phx_ phs_", rf"{_URL}{{40,}}", apart=True),
    *_rows("postman-key", "PMAT-", rf"{_WORD}{{26}}"),
    *_rows("proof-key", "prf_cli_ prf_", rf"(?=[A-Za-z_-]{{0,20}}\d){_URL}{{20,}}", apart=True),
    *_rows("pulumi-token", "pul-", rf"{_WORD}{{30,}}", apart=True),
    *_rows("rainforest-key", "apikey_ sbx_apikey_", rf"{_HEX}{{32,}}", apart=True),
    *_rows("ramp-secret", "ramp_sec_ ramp_tok_", rf"{_WORD}{{40,}}"),
    *_rows("razorpay-key", "rzp_live_ rzp_test_", rf"{_WORD}{{14,}}"),
    *_rows("redirect-pizza-token", "rpa_", rf"{_WORD}{{30,}}", apart=True),
    *_rows("render-key", "rnd_", rf"{_WORD}{{20,}}", apart=True),
    *_rows("retell-key", "key_", rf"{_HEX}{{24,}}", apart=True),
    *_rows("rootly-key", "rootly_", rf"{_HEX}{{40,}}"),
    *_rows("salesforce-token", "00D", rf"{_WORD}{{12,15}}![A-Za-z0-9._]{{80,}}", apart=True),
    *_rows("samsara-token", "samsara_api_", rf"{_WORD}{{24,}}"),
    *_rows("scalingo-token", "tk-us- tk-eu-", rf"{_URL}{{40,}}", apart=True),
    *_rows("scaleway-key", "SCW", rf"(?=[A-Z]{{0,14}}\d)[A-Z0-9]{{17}}(?!{_WORD})", apart=True),
    *_rows("segment-token", "sgp_", rf"{_WORD}{{40,}}", apart=True),
    *_rows("sendinblue-key", "xkeysib-", rf"{_WORD}{{40,}}"),
    *_rows("settlemint-token", "sm_aat_ sm_pat_ sm_sat_", rf"{_WORD}{{16}}", apart=True),
    *_rows("sidekiq-key", "gems.contribsys.com/", rf"{_WORD}{{16,}}"),
    *_rows("slack-token", "xoxa-2- xoxr-2- xoxe-1- xoxd-", r"[A-Za-z0-9%/+=_-]{16,}"),
    *_rows("slack-token", "xapp-", r"\d{1,10}-[A-Za-z0-9]+-\d+-[A-Za-z0-9]{16,}"),
    *_rows("stytch-secret", "secret-live- secret-test- secret_live_ secret_test_", r"[A-Za-z0-9_=-]{32,}"),
    *_rows("sumologic-key", "su", rf"(?=[A-Za-z]{{0,11}}\d)(?=[a-z\d]{{0,11}}[A-Z]){_WORD}{{12}}(?!{_URL})", apart=True),
    *_rows("svix-key", "testsk_ sk_", rf"{_WORD}{{20,}}\.(?:us|eu|ca|in|au)", apart=True),
    *_rows("thunderstore-token", "tss_", rf"{_URL}{{20,}}", apart=True),
    *_rows("together-key", "tgp_v1_", rf"{_URL}{{40,}}"),
    *_rows("trigger-key", "tr_dev_ tr_prod_ tr_stg_ tr_pat_", rf"{_WORD}{{20,}}", apart=True),
    *_rows("turso-token", "turso_", rf"{_URL}{{40,}}"),
    *_rows("unkey-key", "unkey_", rf"{_WORD}{{20,}}"),
    *_rows("upcloud-token", "ucat_", rf"{_WORD}{{24,}}", apart=True),
    *_rows("upstash-key", "UPSTASH_ AYNgAS", r"[A-Za-z0-9+/_=-]{26,}", apart=True),
    *_rows("valtown-token", "vtwn_", rf"{_URL}{{20,}}"),
    *_rows("vercel-token", "vercel_blob_rw_ vercel_", r"\w{24,}"),
    *_rows("voyage-key", "pa- al-", rf"(?=[A-Za-z_-]{{0,30}}\d){_URL}{{43}}(?!{_URL})", apart=True),
    *_rows("wakatime-key", "waka_ waka_tok_ waka_sec_ waka_ref_", r"[A-Za-z0-9_-]{36,}"),
    *_rows("wandb-key", "wandb_v1_ wandb_", rf"\w{{40,}}"),
    *_rows("webflow-token", "wfp_", rf"{_WORD}{{40,}}", apart=True),
    *_rows("woocommerce-secret", "cs_ ck_", rf"{_HEX}{{40}}", apart=True),
    *_rows("workato-token", "wrka", rf"(?:[a-z]{{2}})?-eyJ{_URL}{{8,}}\.{_URL}{{16,}}\.{_URL}{{64,}}", apart=True),
    *_rows("xendit-key", "xnd_production_ xnd_development_", rf"{_WORD}{{40,}}"),
    *_rows("yandex-token", "t1.", r"[A-Z0-9a-z_-]{10,}={0,2}\.[A-Z0-9a-z_-]{86}={0,2}", apart=True),
    *_rows("yandex-token", "y0_ y1_ y2_ y3_", rf"{_URL}{{50,}}", apart=True),
    *_rows("yandex-key", "YC", rf"{_URL}{{38}}(?!{_URL})", apart=True),
    *_rows("zapier-key", "zpka_", r"[a-z0-9]{32}_[0-9a-f]{8}"),
    *_rows("zhipu-key", "zai-", rf"{_WORD}{{30,}}", apart=True),
    *_rows("zuplo-key", "zpka_", rf"\w{{40,}}"),
    *_rows("ably-key", "xVLyHw.", rf"{_URL}{{6}}:{_URL}{{40,}}"),
    *_rows("expo-token", "expo_", rf"{_URL}{{36,}}", apart=True),
    *_rows("fastly-token", "fastly_", rf"{_URL}{{32,}}"),
    *_rows("fal-key", "fal_", rf"{_WORD}{{32,}}", apart=True),
    *_rows("loops-key", "loops_", rf"{_WORD}{{32,}}"),
    *_rows("codacy-token", "codacy_", rf"{_WORD}{{20,}}"),
    *_rows("coveralls-token", "coveralls_", rf"{_WORD}{{32,}}"),
    *_rows("dify-key", "app- dataset-", rf"(?=[A-Za-z]{{0,22}}\d)(?=[a-z\d]{{0,22}}[A-Z]){_WORD}{{24}}(?!{_WORD})", apart=True),
    *_rows("mandrill-key", "md-", rf"{_URL}{{22}}(?!{_URL})", apart=True),
    *_rows("hasura-token", "hasura_", rf"{_WORD}{{40,}}"),
    *_rows("honeycomb-key", "hcaik_ hcbik_ hcalk_ hcamk_ hcxik_", rf"{_WORD}{{40,}}", apart=True),
    *_rows("statsig-key", "secret- console-", rf"(?=[A-Za-z]{{0,30}}\d){_WORD}{{40,}}", apart=True),
    *_rows("modal-token", "as- ak-", rf"(?=[A-Za-z]{{0,20}}\d)(?=[a-z\d]{{0,20}}[A-Z]){_WORD}{{22}}(?!{_WORD})", apart=True),
    *_rows("inngest-key", "signkey-prod- signkey-test- signkey-branch-", rf"{_HEX}{{32,}}"),
    *_rows("convex-key", "prod:", rf"[a-z]+-[a-z]+-\d{{1,4}}\|[A-Za-z0-9+/=]{{30,}}", apart=True),
    *_rows("nostr-key", "nsec1", r"[02-9ac-hj-np-z]{58}", apart=True),
    *_rows("extended-private-key", "xprv yprv zprv tprv", r"[1-9A-HJ-NP-Za-km-z]{100,}", apart=True),
)  # fmt: skip

_SPOKEN = re.compile(
    rf"_(?=[A-Za-z]{{0,30}}\d)(?=[A-Z0-9]{{0,40}}[a-z]|[a-f0-9]{{0,40}}[a-z]){_WORD}{{20,200}}+(?!{_URL})", re.ASCII
)
_SAYS_KEY = re.compile(
    r"(?<![A-Za-z0-9_-])(?:[A-Za-z][a-z0-9]{1,14}_){0,3}"
    r"(?:sk|rk|live|pat|apikey|secret|sec|token|tok|priv|private|svcacct)(?:_[a-z0-9]{1,8}){0,2}\Z"
)
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


_PREFIXES = trie(vendor.prefix for vendor in VENDORS)
_BY_PREFIX = {
    vendor.prefix: tuple(other for other in reversed(VENDORS) if vendor.prefix.startswith(other.prefix))
    for vendor in VENDORS
}


def vendor_tokens(text: Text) -> Iterator[Redaction]:
    """Tokens of VENDORS, also those glued to one another."""
    shadow = text.shadow
    done = 0
    for place in places(_PREFIXES, shadow):
        at = place.start()
        if at < done - len(place.group()):  # a body takes along the letters with which the next token begins
            continue
        is_apart = at == 0 or at <= done or not _is_word(shadow[at - 1])
        for vendor in _BY_PREFIX[place.group()]:
            body = vendor.body.match(shadow, at + len(vendor.prefix))
            if body and (is_apart or not vendor.apart) and not is_placeholder(body.group()):
                yield text.redaction(at, body.end(), vendor.kind)
                done = max(done, body.end())
                break


def formed_tokens(text: Text) -> Iterator[Redaction]:
    """Tokens that their whole form tells, JWTs among them."""
    for kind, hint, pattern in _FORMS:
        for match in text.finditer(pattern, hint):
            if not is_placeholder(match.group()):
                yield text.redaction(match.start(), match.end(), kind)


def spoken_tokens(text: Text) -> Iterator[Redaction]:
    """Tokens of vendors that are in no table yet, whose prefix says what they are: `acme_live_…`, `acme_pat_…`."""
    for match in text.finditer(_SPOKEN, "_"):
        prefix = _SAYS_KEY.search(text.shadow, max(0, match.start() - 60), match.start())
        if prefix and not is_placeholder(match.group()):
            yield text.redaction(prefix.start(), match.end(), "token")


def _is_word(char: str) -> bool:
    return char.isascii() and char.isalnum()
