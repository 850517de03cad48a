/** The style of the page: light, dark, narrow, printed. Colours say nothing that words don't say as well. */
import { html } from './html-markup.ts';

export const STYLE = html`<style>
:root{color-scheme:light dark;
--back:#f5f6f8;--card:#fff;--ink:#1a1f26;--dim:#586270;--line:#d8dde4;--link:#0a55a3;--code:#1a1f26;
--bad:#a0151b;--bad-back:#fdecec;--warn:#764700;--warn-back:#fff2d6;--note:#1d4f80;--note-back:#e7f1fb;
--structure:#35516f;--structure-back:#e7edf5;--name:#0b5d59;--name-back:#dcf2ef;--value:#2c5f10;--value-back:#e6f3da;
--opcode:#65358c;--opcode-back:#f1e8fa;--frame:#8a3c00;--frame-back:#fdead7;--hit:#fff3b0;
--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media screen and (prefers-color-scheme:dark){:root{
--back:#111419;--card:#191e25;--ink:#e3e8ee;--dim:#98a3b1;--line:#2f3742;--link:#7cb7ff;--code:#eef2f6;
--bad:#ff9d9a;--bad-back:#3a1b1d;--warn:#f3c56b;--warn-back:#332812;--note:#93c4f5;--note-back:#172a3d;
--structure:#a9c1dd;--structure-back:#222e3c;--name:#7fd6cd;--name-back:#15322f;--value:#a8d884;--value-back:#20311a;
--opcode:#cfa9f2;--opcode-back:#2f233d;--frame:#f5b07a;--frame-back:#3a2715;--hit:#383208}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
header,main,footer{max-width:76rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:1.25rem;display:flex;flex-wrap:wrap;gap:0 1rem;align-items:baseline;color:var(--dim)}
header h1{font-size:1rem;margin:0;color:var(--ink);font-family:var(--mono)}
header p,footer p{margin:0;font-size:.87rem}
footer{padding:1rem 1.5rem 3rem;color:var(--dim)}
h2{font-size:1.5rem;line-height:1.25;margin:1.25rem 0 .4rem;overflow-wrap:anywhere}
h3{font-size:1.05rem;margin:0 0 .7rem;scroll-margin-top:1rem}
h4{font-size:1.05rem;margin:0 0 .5rem;overflow-wrap:anywhere;line-height:1.7}
h5{font-size:.87rem;margin:1.1rem 0 .35rem;color:var(--dim);font-weight:600}
p{margin:.4rem 0}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
code,pre,kbd{font-family:var(--mono);font-size:.92em;color:var(--code);unicode-bidi:isolate;overflow-wrap:anywhere}
kbd{background:var(--back);border:1px solid var(--line);border-radius:4px;padding:.05em .35em;white-space:nowrap}
pre{margin:.4rem 0;padding:.7rem .9rem;background:var(--back);border:1px solid var(--line);border-radius:6px;overflow-x:auto;white-space:pre;tab-size:4;max-height:34rem}
pre code{overflow-wrap:normal;font-size:1em}
.dim,.more,.empty,.hint{color:var(--dim)}
.dim code,.more code{color:inherit}
.more{font-style:italic}
.payload{padding-bottom:1rem}
.payload+.payload{border-top:3px double var(--line);margin-top:1.5rem}
.payload>h2 code{font-size:1em}
.tags{margin:.2rem 0 .8rem;display:flex;flex-wrap:wrap;gap:.35rem}
.tag{display:inline-block;font:600 .78rem/1.5 system-ui,sans-serif;padding:.05rem .55rem;border-radius:1rem;border:1px solid var(--line);color:var(--dim);background:var(--card);vertical-align:.1em;white-space:nowrap}
.bad{color:var(--bad);--edge:var(--bad);--fill:var(--bad-back)}
.warn{color:var(--warn);--edge:var(--warn);--fill:var(--warn-back)}
.note{color:var(--note);--edge:var(--note);--fill:var(--note-back)}
.tag.bad,.tag.warn,.tag.note{background:var(--fill);border-color:currentColor}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:0 0 1rem;padding:0}
.part,.index{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1.1rem 1.3rem 1.2rem;margin:0 0 1rem}
.index{margin-top:1.2rem}.index h2{margin-top:0}
.card{border:1px solid var(--line);border-radius:8px;padding:.9rem 1.1rem 1rem}
.card+.card{margin-top:.9rem}
dl{margin:.7rem 0 0;display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.3rem 1.4rem}
h3+dl,h3~dl:first-of-type{margin-top:.2rem}
dl>div{display:contents}
dt{color:var(--dim)}
dd{margin:0;overflow-wrap:anywhere}
dd pre{margin:0;white-space:pre-wrap}
ul.plain{list-style:none;margin:0;padding:0}
ul.plain>li+li{margin-top:.3rem}
.finding{margin:.5rem 0;padding:.55rem .8rem;border-left:4px solid var(--edge);background:var(--fill);border-radius:0 6px 6px 0;color:var(--ink);overflow-wrap:anywhere}
.finding b{font-family:var(--mono);font-size:.92em}
.offset{font-size:.87em;white-space:nowrap;color:var(--dim)}
a.offset{color:var(--link)}
.over{color:var(--bad);font-weight:600}
.sql{padding:.75rem 1rem;background:var(--back);border:1px solid var(--line);border-radius:6px;margin:0;max-height:22rem;overflow:auto}
.signature{font-family:var(--mono);font-size:.95em;padding:.6rem .9rem;background:var(--back);border-radius:6px;overflow-wrap:anywhere;margin:.5rem 0}
.signature code{font-size:1em}
.signature .dim{font-family:system-ui,sans-serif}
.type code{color:var(--name)}
.tree,.tree ul{list-style:none;margin:0;padding:0}
.tree{margin:.9rem 0;overflow-x:auto;padding:.15rem 0}
.tree ul{margin-left:.42rem;padding-left:1.05rem;border-left:1px solid var(--line)}
.tree .node{display:inline-block;padding:.06rem .3rem;white-space:nowrap}
.tree summary.node{display:block;width:max-content;border-radius:4px;list-style:none}
.tree summary.node::-webkit-details-marker{display:none}
.tree summary.node::before{content:"▸";display:inline-block;width:.85rem;color:var(--dim)}
.tree details[open]>summary.node::before{content:"▾"}
.tree summary.node:hover{background:var(--back)}
.tree li>.node:not(summary){padding-left:1.15rem}
.tree .more{padding-left:1.15rem}
.tree i{color:var(--dim);font-style:normal;font-size:.87em}
.tree b{font-weight:600}
.tree .offset{margin-left:.5rem;opacity:.8}
summary{cursor:pointer}
summary::marker{color:var(--dim)}
table{border-collapse:collapse;width:100%}
th{text-align:left;font-weight:inherit}
thead th{color:var(--dim);font-size:.8rem;font-weight:600}
.values td,.values th{padding:.28rem .9rem .28rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
.values tbody tr:last-child>*{border-bottom:0}
.values th[scope=row]{font-weight:600;max-width:22rem}
.captured{table-layout:fixed}
.captured thead th:first-child{width:24%}.captured thead th:nth-child(2){width:18%}.captured thead th:last-child{width:7.5rem}
.values .number{text-align:right;white-space:nowrap;padding-right:0;color:var(--dim)}
.values .number+.number{padding-left:1rem}.values .number+td,.values .number+th{padding-left:1.2rem}
.bytes>summary{margin-bottom:.6rem;color:var(--dim);width:max-content;max-width:100%}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem;margin:0 0 .6rem;padding:0;font-size:.8rem}
.legend span,.hex td:nth-child(2) span{border-radius:3px;padding:.1em .4em;background:var(--chip,transparent);color:var(--tint,inherit)}
.k-structure{--tint:var(--structure);--chip:var(--structure-back)}
.k-name{--tint:var(--name);--chip:var(--name-back)}
.k-value{--tint:var(--value);--chip:var(--value-back)}
.k-opcode{--tint:var(--opcode);--chip:var(--opcode-back)}
.k-frame{--tint:var(--frame);--chip:var(--frame-back)}
.k-padding{--tint:var(--dim);--chip:transparent}
.k-unread{--tint:var(--bad);--chip:var(--bad-back)}
.hex{font:.8rem/1.5 var(--mono)}
.hex code,.hex th{font-size:1em}
.hex td{vertical-align:top;padding:.07rem 0}
.hex td:first-child{color:var(--dim);text-align:right;padding-right:1ch;width:9ch;white-space:nowrap}
.hex td:nth-child(2){width:51ch;white-space:nowrap;padding-right:1ch}
.hex td:nth-child(3){overflow-wrap:anywhere;min-width:12ch}
.hex tbody b{font-weight:600;color:var(--tint,inherit)}
.hex tr:target{background:var(--hit);outline:2px solid var(--link);scroll-margin:5rem}
.hex tr{scroll-margin:5rem}
.hex .gap td,.hex .end td{color:var(--dim);font-style:italic;text-align:left}
.hex .gap td{padding:.3rem 0 .3rem 10ch}
.hex .end td:first-child{text-align:right;font-style:normal}
.d1{padding-left:1ch!important}.d2{padding-left:2ch!important}.d3{padding-left:3ch!important}.d4{padding-left:4ch!important}
.d5{padding-left:5ch!important}.d6{padding-left:6ch!important}.d7{padding-left:7ch!important}.d8{padding-left:8ch!important}
.d9{padding-left:9ch!important}.d10{padding-left:10ch!important}.d11{padding-left:11ch!important}.d12{padding-left:12ch!important}
@media screen and (max-width:50rem){
header,main,footer{padding-left:.75rem;padding-right:.75rem}
.part,.index{padding:.85rem .8rem;border-radius:8px}
.card{padding:.75rem .75rem}
h2{font-size:1.2rem}
dl{display:block}dl>div{display:block;margin-bottom:.5rem}dt{font-size:.8rem}
.values thead{display:none}
.tree .node{white-space:normal;min-width:13rem}
.tree summary.node{width:auto}
.values tr{display:flex;flex-wrap:wrap;gap:0 .8rem;padding:.35rem 0;border-bottom:1px solid var(--line)}
.values tr:last-child{border-bottom:0}
.values td,.values th,.values .number,.values .number+td{border:0;padding:0}
.hex thead{display:none}
.hex,.hex tbody{display:block}
.hex tr{display:grid;grid-template-columns:6ch minmax(0,1fr);column-gap:1ch;padding:.22rem 0;border-top:1px solid var(--line)}
.hex td:first-child,.hex td:nth-child(2),.hex td:nth-child(3){width:auto;padding:0}
.hex td:nth-child(2){white-space:normal}
.hex td:nth-child(2) span{display:inline-block;max-width:24.5ch}
.hex td:nth-child(3){grid-column:2}
.hex td.rest{display:none}
.hex .gap{display:block}.hex .gap td{display:block;padding-left:7ch}
}
@media print{
:root{--back:#fff;--line:#bbb}
body{font-size:10pt}
header,main,footer{max-width:none;padding:0}
nav:not(.index),.bytes>summary{display:none}
.part,.index,.card{border-radius:0}
.part{border-width:1px 0 0;padding:.6rem 0}
.finding,.values tr,.hex tr{break-inside:avoid}
h3,h4,h5{break-after:avoid}
pre,.sql{max-height:none;overflow:visible;white-space:pre-wrap}
.tree{overflow:visible}.tree .node{white-space:normal}.tree summary.node{width:auto}
.hex{font-size:7.5pt}
a{color:inherit;text-decoration:none}
.finding,.tag,.hex span,.legend span{print-color-adjust:exact;-webkit-print-color-adjust:exact}
details:not([open])::details-content{content-visibility:visible;block-size:auto}
}
</style>`;
