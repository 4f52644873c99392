"""One account per person who signs in. What they may do is on `Staff` and `Member` rows, one per merchant."""

from typing import Any

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from loyalty.core.people.sessions import SessionStore


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person known by e-mail. Without a password they sign in by code."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        # Written down and not yet proven: the first code that arrives there proves it. Without this row the
        # person would be asked for a second code to prove what the first one just did.
        EmailAddress = apps.get_model("account", "EmailAddress")
        EmailAddress.objects.using(self._db).create(user=user, email=user.email, primary=True, verified=False)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """The operator of the installation; merchants' staff never get the operator's admin."""
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})


class User(AbstractBaseUser, PermissionsMixin):
    """Signs in. `is_staff` means operator of this server, not a merchant's staff."""

    email = models.EmailField(unique=True)
    language = models.CharField(max_length=8, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    def __str__(self) -> str:
        return self.email


class SignIn(models.Model):
    """That somebody who works for a shop came in: shown to that person, so that they notice when it was not them.

    `how` is what the library for signing in calls it (code, mfa, password…); `device` a family of browser and system;
    `address` a network address without its last part. Kept for half a year."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, db_index=False, related_name="+")
    at = models.DateTimeField()
    how = models.CharField(max_length=20)
    device = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=45, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-at"], name="people_signin_latest")]

    def __str__(self) -> str:
        return f"{self.how} {self.at}"


class Session(AbstractBaseSession):
    """A browser that is known here. `account` is who is signed in there, `mentions` digests of the addresses it holds:
    by them it is found when the person goes."""

    account = models.BigIntegerField(null=True)
    mentions = ArrayField(models.CharField(max_length=40), default=list)

    class Meta(AbstractBaseSession.Meta):
        db_table = "people_session"
        indexes = [
            models.Index(
                fields=["account"], condition=models.Q(account__isnull=False), name="people_session_account"
            ),
            GinIndex(fields=["mentions"], name="people_session_mentions"),
        ]

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        return SessionStore
