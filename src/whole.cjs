// What dist/drill.cjs gives. Each part is evaluated when it is first asked for: what is not used costs nothing.
exports.routes = () => require('./world/routes.ts');
exports.command = () => require('./cli/main.ts');
exports.heap = () => require('./run/collect.ts');
exports.kept = () => require('./config/kept.ts');
exports.player = () => require('./player/main.ts');
exports.share = () => ({ serve: () => require('./share/serve.ts').serve(require('./assemble.ts').runDrills) });
exports.host = () => require('./host.ts');
exports.api = () => require('./index.ts');
exports.drillTests = () => require('./drill-tests.ts');
