package web

import "github.com/maillage/maillage/instance"

var announcementForm = &editable{
	kind: instance.KindAnnouncement, path: "annonce",
	fill: func(*editForm, instance.Object) {}, read: func(*editForm, instance.Object) {},
	fields: withFields(commonFields, map[string]fieldSpec{
		"content": {label: "edit.announcement.content", hint: "edit.announcement.content.hint", kind: "markdown", max: 5000, required: true},
	}),
	domain: withNames(map[string]string{"source": "content", "name": "content", "summary": "content"}),
}
