"""Addresses of the API of persons, groups and consent."""

from django.urls import URLPattern, path

from dashboard.api import consents
from dashboard.api import persons as views

_PERSONS, _GROUPS = "projects/<slug:slug>/persons/", "projects/<slug:slug>/groups/"
_CONSENTS = "projects/<slug:slug>/consents/"
urlpatterns: list[URLPattern] = [
    path(_PERSONS, views.Persons.as_view(), name="api-persons"),
    path(_PERSONS + "<uuid:person_id>/", views.PersonDetail.as_view(), name="api-person"),
    path(_PERSONS + "<uuid:person_id>/timeline/", views.PersonTimeline.as_view(), name="api-person-timeline"),
    path(_CONSENTS, consents.Consents.as_view(), name="api-consents"),
    path(_CONSENTS + "standing/", consents.ConsentStanding.as_view(), name="api-consent-standing"),
    path(_CONSENTS + "proof/", consents.ConsentProof.as_view(), name="api-consent-proof"),
    path(_GROUPS, views.Groups.as_view(), name="api-groups"),
    path(_GROUPS + "<int:group_id>/", views.GroupDetail.as_view(), name="api-group"),
    path(_GROUPS + "<int:group_id>/timeline/", views.GroupTimeline.as_view(), name="api-group-timeline"),
]
