const { whole } = require('./load.js').load('host');
whole.heap().letHeapGrow();
whole.host().serveHosted();
