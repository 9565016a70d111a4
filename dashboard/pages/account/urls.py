"""Addresses of logging in and of an account."""

from django.contrib.auth import views as auth_views
from django.urls import URLPattern, path

from dashboard.pages.account import (
    account_views,
    joining_views,
    password_views,
    presence_views,
    second_factor_views,
    views,
    zone_views,
)

urlpatterns: list[URLPattern] = [
    path("login/", views.LoginView.as_view(), name="login"),
    path("login/code/", second_factor_views.login_code, name="login-code"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("join/<str:token>/", joining_views.join, name="join"),
    path("theme/", views.theme, name="theme"),
    path("side-bar/", views.side_bar_move, name="side-bar"),
    path("account/", account_views.account, name="account"),
    path("account/change/", account_views.account_change, name="account-change"),
    path("account/logins/end/", account_views.login_end_others, name="login-end-others"),
    path("account/logins/<slug:shown>/end/", account_views.login_end, name="login-end"),
    path("zone/", zone_views.zone, name="zone"),
    path("presence.json", presence_views.presence, name="presence"),
    path("account/password/", password_views.password, name="password"),
    path("account/second-factor/", second_factor_views.second_factor, name="second-factor"),
    path("account/second-factor/begin/", second_factor_views.begin, name="second-factor-begin"),
    path("account/second-factor/confirm/", second_factor_views.confirm, name="second-factor-confirm"),
    path("account/second-factor/codes/", second_factor_views.codes, name="second-factor-codes"),
    path("account/second-factor/disable/", second_factor_views.disable, name="second-factor-disable"),
    path("account/tokens/", account_views.token_create, name="token-create"),
    path("account/tokens/<int:token_id>/revoke/", account_views.token_revoke, name="token-revoke"),
]
