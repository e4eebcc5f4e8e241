'use strict';
// It does what the command does, with the same compiled code.
const { whole } = require('./load.js').load('command');
whole.routes().installRoutes({ onlyOurCode: true });
whole.share().serve();
