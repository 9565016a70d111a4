"""Addresses of boards."""

from django.urls import URLPattern, path

from dashboard.pages.boards import views

_P = "p/<slug:slug>/boards/"
urlpatterns: list[URLPattern] = [
    path(_P, views.board_list, name="board-list"),
    path(_P + "new/", views.board_create, name="board-create"),
    path(_P + "add/", views.board_add, name="board-add"),
    path(_P + "<int:board_id>/", views.board, name="board"),
    path(_P + "<int:board_id>/arrange/", views.board_arrange, name="board-arrange"),
    path(_P + "<int:board_id>/rename/", views.board_rename, name="board-rename"),
    path(_P + "<int:board_id>/subscribe/", views.board_subscribe, name="board-subscribe"),
    path(_P + "<int:board_id>/delete/", views.board_delete, name="board-delete"),
    path(_P + "<int:board_id>/cards/<int:card_id>/", views.card_change, name="board-card"),
]
