// Package web is what people and programs read of a node: its pages, in French
// and English, and its public JSON API.
//
// routes.go is the site map. Each noun has its file: a handler parses the
// request, asks the node, fills a view and renders a template of the same name.
// Every page is complete without JavaScript.
package web
