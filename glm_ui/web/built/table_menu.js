import{k as y,a0 as L,ag as U,aa as B,ab as x,a9 as F,at as C,H as E,D as I,t as O,F as J}from"./app.js";import{m as v,r as j,f as z,t as P}from"./formatted.js";const m="$blob";async function u(t){if(t instanceof Blob)return{[m]:await k(t)};if(Array.isArray(t))return Promise.all(t.map(u));if(!t||typeof t!="object")return t;const n=await Promise.all(Object.entries(t).map(async([e,a])=>[e.startsWith("$")?`$${e}`:e,await u(a)]));return Object.fromEntries(n.filter(([,e])=>e!==void 0))}function d(t){return Array.isArray(t)?t.map(d):!t||typeof t!="object"?t:typeof t[m]=="string"?D(t[m]):Object.fromEntries(Object.entries(t).map(([n,e])=>[n.startsWith("$$")?n.slice(1):n,d(e)]))}function k(t){return new Promise((n,e)=>{const a=new FileReader;a.onload=()=>n(String(a.result)),a.onerror=()=>e(a.error),a.readAsDataURL(t)})}function D(t){const[,n,e,a]=/^data:([^,]*?)(;base64)?,(.*)$/s.exec(t)??[];if(a===void 0)throw new TypeError("A file in it is broken.");const r=e?Uint8Array.from(atob(a),s=>s.charCodeAt(0)):new TextEncoder().encode(decodeURIComponent(a));return new Blob([r],{type:n})}const H="glm-ui-conversations",W=1;async function q({rev:t,...n}){const e=await u(n);return U(e),e}async function K(t,n=[],e=[]){const a=[`{"format":${JSON.stringify(H)},"version":${W},"conversations":[`];let r=!0;for await(const s of t)a.push(r?`
`:`,
`,JSON.stringify(await q(s))),r=!1;return a.push(`
]`),e.length&&a.push(`,"prompts":${JSON.stringify(e)}`),n.length&&a.push(`,"unreadable":${JSON.stringify(await u(n))}`),a.push(`}
`),a}async function V(t,n){const e=[];for await(const a of t)e.length&&e.push(`

---

`),e.push(G(a,n));return e}function G(t,n){const e=t.settings?.system?.trim(),a=[`# ${o(t.title)||n.untitled}`,`*${S(t).join(" · ")}*`];e&&a.push(`**${n.system}**`,nt(e));const r=y(t);for(const s of r)a.push(...s.role==="user"?Q(s,n):X(s,n,L(r,s)));return`${a.filter(Boolean).join(`

`)}
`}const Q=(t,n)=>[`## ${n.you}`,...A(t).map(e=>`*${n.file}: ${o(e)}*`),t.text];function X(t,n,e){return[`## ${o(b(t))||n.assistant}`,...B(t).flatMap((a,r)=>Y(a,t.sources,x(t,r,e),n)),...F(t.sources).map(({number:a,title:r,url:s})=>`[${a}] ${o(r)}: <${s}>`),$(t,n)&&`*${$(t,n)}*`]}function Y({thinking:t,toolCalls:n,...e},a,r,s){const c=n.map(({name:i,arguments:p,result:h,pictures:N})=>[`*${s.tool}: ${o(i)}*`,g(p??"","json"),typeof h=="string"?g(h,"text"):"",...tt(N).map(({kind:R,data:M},T)=>Z(R,M,T+1,s))].filter(Boolean).join(`

`)),l=t.trim();return[l&&`<details><summary>${s.thinking}</summary>

${g(l,"text")}

</details>`,et(C(E(e,a),r)),...c]}function Z(t,n,e,a){const r=`${Math.ceil(n.length*3/4e3)} kB`;return`*${a.result_picture.replace("{n}",String(e)).replace("{kind}",t.toUpperCase()).replace("{size}",r)}*`}const tt=t=>[t??[]].flat().flatMap(n=>{const[,e,a]=/^data:image\/(png|jpeg|gif|webp);base64,([\w+/=]+)$/.exec(String(n))??[];return e&&a?[{kind:e,data:a}]:[]}),b=t=>t.metrics?.model??t.model??"",A=t=>(t.files??[]).map(({name:n,url:e})=>n||e||"").filter(Boolean);function $({ending:t},n){return!t||["stop","tool_calls","waiting","running"].includes(t.kind)?"":t.kind==="error"?String(t.error?.what??n.endings.other.what):(n.endings[t.kind]??n.endings.other).what}function S(t){const n=new Set(y(t).filter(({role:e})=>e==="assistant").map(b).filter(Boolean));return[_(t.createdAt),...n]}const _=t=>Number.isFinite(t)?new Date(t).toISOString().slice(0,10):"",o=t=>String(t??"").replace(/\s+/g," ").trim(),nt=t=>t.split(`
`).map(n=>`> ${n}`).join(`
`);function g(t,n){const e="`".repeat(Math.max(3,...[...t.matchAll(/`+/g)].map(([a])=>a.length+1)));return`${e}${n}
${t}
${e}`}function et(t){let n="";for(const[,e,a]of t.matchAll(/^ {0,3}(`{3,}|~{3,})([^\n]*)$/gm))n?e[0]===n[0]&&e.length>=n.length&&!a.trim()&&(n=""):n=e;return n?`${t}
${n}`:t}function at(t,n){const e=o(t).normalize("NFC").replace(/[\u0000-\u001f\u007f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,"").replace(/^[.\s]+|[.\s]+$/g,"");return/^(con|prn|aux|nul|com\d|lpt\d)$/i.test(e)?`${e} conversation.${n}`:`${[...e].slice(0,60).join("").trim()||"conversation"}.${n}`}function w(t,n,e){const a=document.createElement("a");a.href=URL.createObjectURL(new Blob(n,{type:e})),a.download=t,a.click(),setTimeout(()=>URL.revokeObjectURL(a.href),6e4)}const rt="\uFEFF";function st(t,n,{words:e,announce:a}){const r=t.querySelector("table");if(!r)return;const s=async f=>{const i=await f;a(i?e.copied:e.not_copied),i&&ot(n,e.copied)},c=()=>P(j(r)),l=()=>{const f=j(r).map(p=>p.join("	")).join(`
`),i=r.cloneNode(!0);return J(Promise.resolve({html:z(i),text:f}))};I(n,[{label:e.table_formatted,icon:"copy",run:()=>s(l())},{label:e.table_csv,icon:"copy",run:()=>s(O(c()))},{label:e.table_markdown,icon:"copy",run:()=>s(O(v(r)))},{label:e.table_save,icon:"download",run:()=>w("table.csv",[`${rt}${c()}\r
`],"text/csv")}])}const it=1500;function ot(t,n){if(t.ariaLabel===n)return;const e=t.ariaLabel;t.ariaLabel=n,setTimeout(()=>t.ariaLabel=e,it)}var ct=Object.freeze({__proto__:null,openTableMenu:st});export{A as a,b,at as c,k as d,$ as e,S as f,_ as g,K as h,ct as i,w as s,V as t,d as u};
/*! GLM UI, and libraries that ../vendor/LICENSES.md names. Made of the scripts beside by `npm run build`. */
