"""Addresses of persons and groups."""

from django.urls import URLPattern, path

from dashboard.pages.persons import consent_views, request_views, views

_P = "p/<slug:slug>/persons/"

urlpatterns: list[URLPattern] = [
    path(_P, views.person_list, name="person-list"),
    path(_P + "find/", views.person_find, name="person-find"),
    path(_P + "groups/", views.group_list, name="group-list"),
    path(_P + "groups/<int:group_id>/", views.group_detail, name="group"),
    path(_P + "groups/<int:group_id>/delete/", views.group_delete, name="group-delete"),
    path(_P + "consent/", consent_views.consent_list, name="consent-list"),
    path(_P + "consent/find/", consent_views.consent_find, name="consent-find"),
    path(_P + "consent/verify/", consent_views.consent_verify, name="consent-verify"),
    path(_P + "consent/withdraw/", consent_views.consent_withdraw, name="consent-withdraw"),
    path(_P + "consent/ledger.csv", consent_views.consent_csv, name="consent-csv"),
    path(_P + "requests/", request_views.request_list, name="request-list"),
    path(_P + "requests/record.md", request_views.processing_record, name="processing-record"),
    path(_P + "requests/export/", request_views.person_export, name="person-export"),
    path(_P + "requests/erase/", request_views.person_erase, name="person-erase"),
    path(_P + "requests/<uuid:erasure_id>.json", request_views.erasure_receipt, name="erasure-receipt"),
    path(_P + "<uuid:person_id>/", views.person_detail, name="person"),
    path(_P + "<uuid:person_id>/delete/", views.person_delete, name="person-delete"),
]
