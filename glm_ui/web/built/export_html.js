import{e as a,x as y,K as w,L as b,M as v,N as k,O as $,P as S,Q as A,S as q,U as L}from"./app.js";import{f as O,a as P,e as U,b as j,d as z}from"./code_menu.js";const C="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'",u=/^data:image\/(png|jpeg|gif|webp|avif);base64,[\w+/=]+$/,M=`
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 800px; font: 16px/1.6 var(--glm-sans); color: var(--glm-text); background: var(--glm-page); }
h1 { margin: 0; font-size: 26px; line-height: 1.25; overflow-wrap: anywhere; }
nav ol { padding-left: 1.6em; }
a { color: var(--glm-accent); }
.facts, .ending, .who, .file { margin: 4px 0 0; color: var(--glm-muted); font-size: 14px; }
.system { margin: 16px 0 0; padding-left: 14px; border-left: 1px solid var(--glm-line); color: var(--glm-muted); font-size: 14px; white-space: pre-wrap; }
.conversation + .conversation, nav + .conversation { margin-top: 64px; padding-top: 32px; border-top: 1px solid var(--glm-line); }
.user { display: flex; flex-direction: column; align-items: flex-end; margin-top: 32px; }
.bubble { max-width: 85%; padding: 8px 16px; border-radius: 16px; background: var(--glm-bubble); white-space: pre-wrap; overflow-wrap: anywhere; }
.user img { max-width: 85%; max-height: 420px; border-radius: 10px; margin-bottom: 8px; }
.assistant { margin-top: 24px; }
.thinking, .tool { margin: 8px 0; color: var(--glm-muted); font-size: 14px; }
.thinking summary, .tool summary { cursor: pointer; }
.thinking div { margin: 8px 0 8px 5px; padding-left: 14px; border-left: 1px solid var(--glm-line); white-space: pre-wrap; overflow-wrap: anywhere; }
.tool pre { overflow-x: auto; }
math[display="block"] { margin: 8px 0; }
@media print { body { padding: 0; } }
`;async function R(e,t){const n=[],r=[];for await(const o of e){const c=o.title||t.untitled;r.push(c),n.push(await T(o,c,`c${r.length}`,t))}const s=r.length>1?a("nav",{},a("h1",{},t.all_title),a("ol",{},...r.map((o,c)=>a("li",{},a("a",{href:`#c${c+1}`},o))))):null,i=[a("meta",{charset:"utf-8"}),a("meta",{"http-equiv":"Content-Security-Policy",content:C}),a("meta",{name:"viewport",content:"width=device-width, initial-scale=1"}),a("meta",{name:"referrer",content:"no-referrer"}),a("title",{},r.length===1?r[0]:t.all_title)],l=`<style>${await f("tokens")}@layer reset {${M}}${await f("markdown")}</style>`;return[`<!doctype html>
<html>
<head>
`,...i.map(d),l,`
</head>
<body class="glm">
`,s?d(s):"",...n,`</body>
</html>
`]}const d=e=>`${e.outerHTML}
`;async function T(e,t,n,r){const s=e.settings?.system?.trim(),i=y(e),l=await h(i,i,r),o=a("section",{class:"conversation",id:n},a("h1",{},t),a("p",{class:"facts"},O(e).join(" · ")),s?a("p",{class:"system"},s):null,...l);return await w(),x(o),d(o)}async function h(e,t,n){const r=[];for(const s of t)r.push(s.role==="user"?await B(s,n):E(s,n,b(e,s)));return r}async function B(e,t){const n=(await Promise.all([...e.pictures??[],...e.files??[]].map(I))).filter(Boolean).map(s=>a("img",{src:s,alt:""})),r=P(e).map(s=>a("p",{class:"file"},`${t.file}: ${s}`));return a("article",{class:"user","aria-label":t.you},...n,...r,e.text?a("div",{class:"bubble",dir:"auto"},e.text):null)}function E(e,t,n){const r=v(e.sources).map(({number:i,title:l,url:o})=>a("p",{},`[${i}] ${l}: ${o}`)),s=U(e,t);return a("article",{class:"assistant","aria-label":t.assistant},a("p",{class:"who"},j(e)||t.assistant),...k(e).flatMap((i,l)=>H(i,e.sources,$(e,l,n),t)),...r,s?a("p",{class:"ending"},s):null)}function H({thinking:e,text:t,toolCalls:n,cited:r},s,i,l){const o=a("div",{class:"md"});o.append(S(A(t,r))),q(o,r,s),L(o,i);const c=n.map(p=>a("details",{class:"tool"},a("summary",{},`${l.tool}: ${p.name??""}`),a("pre",{},String(p.arguments??"")),typeof p.result=="string"?a("pre",{},p.result):null,...[p.pictures??[]].flat().filter(m=>u.test(m)).map(m=>a("img",{src:m,alt:""})))),g=e&&a("details",{class:"thinking"},a("summary",{},l.thinking),a("div",{},e));return[...g?[g]:[],o,...c]}async function I(e){for(const t of[e?.sent,...Object.values(e??{})]){if(typeof t=="string"&&u.test(t))return t;if(t instanceof Blob&&u.test(`data:${t.type};base64,AA==`))return z(t)}return null}function x(e){for(const t of e.querySelectorAll("button, input[type=button]"))t.remove();for(const t of e.querySelectorAll(".katex")){const n=t.querySelector("math");n&&t.replaceWith(n)}for(const t of e.querySelectorAll("[data-waiting], [data-copy]"))t.removeAttribute("data-waiting"),t.removeAttribute("data-copy")}async function f(e){try{const t=await fetch(new URL(`../styles/${e}.css`,new URL("../conversations/export_html.js",import.meta.url).href)),n=t.ok?await t.text():"";return n.includes("</")?"":n}catch{return""}}export{x as a,h as d,f as p,R as t};
/*! GLM UI, and libraries that ../vendor/LICENSES.md names. Made of the scripts beside by `npm run build`. */
