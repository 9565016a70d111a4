(()=>{var r=class{lines=[];add(n){this.lines.push(n)}total(n){return this.lines.reduce((u,t)=>u+t.price*t.quantity,0)*(1-i(n))}};function i(e){return e.rate}function s(){let e=new r;return e.add({price:2,quantity:3}),e.total(void 0)}var a=e=>`${e.message}
${e.stack}`;try{s()}catch(e){console.log(a(e))}})();
//# sourceMappingURL=main.js.map
