"""How the report looks: one small style sheet, light, readable, good on a phone."""

__all__ = ["STYLE"]

STYLE = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:#f6f8f9;color:#1f2933;
 font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1080px;margin:0 auto;padding:28px 20px 64px;overflow-wrap:anywhere}
header p.mark{margin:0;color:#0f766e;font-weight:700;letter-spacing:.08em;font-size:13px;
 text-transform:uppercase}
h1{font-size:clamp(26px,4.4vw,40px);line-height:1.18;margin:6px 0 10px;letter-spacing:-.015em;
 text-wrap:balance}
h2{font-size:22px;margin:52px 0 4px;letter-spacing:-.01em}
h3{font-size:15px;margin:0 0 10px}
p.lead{font-size:18px;color:#47535f;margin:0;max-width:46em}
h2+p{margin:0 0 16px;color:#5b6773;max-width:50em}
.cards{display:grid;grid-template-columns:repeat(4,1fr);gap:12px;margin:26px 0 0}
@media (max-width:860px){.cards{grid-template-columns:1fr 1fr}}
.card,.panel,figure.object{background:#fff;border:1px solid #e2e7eb;border-radius:12px}
.card{padding:14px 16px}
.card b{display:block;font-size:28px;line-height:1.2;letter-spacing:-.02em;
 font-variant-numeric:tabular-nums}
.card b small{font-size:16px;font-weight:600;color:#5b6773;letter-spacing:0}
.card span{font-size:13.5px;color:#5b6773;display:block;line-height:1.35}
.card.hero{background:#0f766e;border-color:#0f766e;color:#fff}
.card.hero span,.card.hero b small{color:#cdeae6}
.panel{padding:18px 20px;min-width:0}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:14px}
.wide-gap{gap:0 48px}
.below{margin-top:14px}
svg{display:block;width:100%;height:auto}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
svg.overlay text{font-size:24px}
.scroll{overflow-x:auto}
.scene{position:relative;background:#fff;border-radius:8px;overflow:hidden}
.scene img{display:block;width:100%;height:auto}
.scene svg{position:absolute;inset:0}
ol.story{list-style:none;margin:0;padding:0}
.scene+h3{margin-top:22px}
ol.story li{display:grid;grid-template-columns:64px minmax(0,1fr);gap:12px;padding:7px 0;
 border-top:1px solid #edf0f2}
ol.story li:first-child{border:0}
ol.story .when{color:#5b6773;font-size:13.5px;font-variant-numeric:tabular-nums;
 padding-top:2px;white-space:nowrap}
ol.story .end .when,ol.story .jump .when{color:#0f766e;font-weight:650}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,248px),1fr));gap:14px}
figure.object{margin:0;padding:10px 12px 12px}
figure.object div{display:grid;grid-template-columns:1fr 1fr;gap:4px}
figure.object img{width:100%;height:auto;display:block}
figure.object .missing{display:grid;place-items:center;color:#8a96a1;font-size:13px;
 text-align:center;aspect-ratio:1}
figcaption{font-size:13.5px;color:#5b6773;line-height:1.4;margin-top:4px}
figcaption b{color:#1f2933;font-size:15px;display:block}
table{border-collapse:collapse;width:100%;font-size:14.5px;font-variant-numeric:tabular-nums}
th{font-weight:600;color:#5b6773;font-size:13px;text-align:right;border-bottom:1px solid #cfd6dc}
td{text-align:right;border-bottom:1px solid #edf0f2}
th,td{padding:6px 10px 6px 0;vertical-align:middle;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
tr:last-child td{border-bottom:0}
td.name{white-space:normal;overflow-wrap:anywhere;text-align:left}
.bar{display:inline-block;width:84px;height:8px;border-radius:4px;background:#f0d5d0;
 vertical-align:middle;margin-right:8px;overflow:hidden}
.bar i{display:block;height:100%;background:#0f766e}
.none{color:#7a8691}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0;font-size:14.5px}
dt{color:#5b6773}dd{margin:0;overflow-wrap:anywhere}
code{font:13.5px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:#eef2f4;
 border-radius:5px;padding:1px 5px;overflow-wrap:anywhere}
footer{margin-top:44px;color:#7a8691;font-size:13.5px}
@media (max-width:560px){main{padding:20px 14px 48px}.panel{padding:14px}
 .card b{font-size:24px}h2{margin-top:40px}
 ol.story li{grid-template-columns:52px minmax(0,1fr);gap:8px}.wide-only{display:none}}
@media print{body{background:#fff}.panel,.card,figure.object{break-inside:avoid}}
"""
