import{createRequire as createRequireOfSotto}from"node:module";const require=createRequireOfSotto(import.meta.url);
var O="0.1.0";export{O as a};
