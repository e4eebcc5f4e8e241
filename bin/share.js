// It does what the command does, with the same compiled code.
const { whole, store } = require('./load.js').load('command');
whole.routes().installRoutes({ onlyOurCode: true });
whole.kept().keepIn(store);
whole.share().serve();
