(** Other schedules reach the same fixed point.

    In an asynchronous step any set of variables is updated from the current state.  A round is a list of
    such steps in which every variable is updated at least once; [T] rounds settle everything of rank at
    most [T].  The wavefront updates exactly the variables of rank k at step k: each variable once. *)

From Coq Require Import Arith Lia List.
From Dyadic Require Import Stabilisation.

Section Asynchronous.
  Variable V : Type.
  Variable S : V -> Type.
  Variable update : forall v, state V S -> S v.
  Variable rank : V -> nat.
  Hypothesis rank_positive : forall v, 1 <= rank v.
  Hypothesis reads_smaller_ranks : forall v (x y : state V S),
    (forall w, rank w < rank v -> x w = y w) -> update v x = update v y.
  Variable z : state V S.
  Hypothesis z_fixed : fixed_point V S update z.

  Definition some_step (active : V -> bool) (x : state V S) : state V S :=
    fun v => if active v then update v x else x v.

  Definition settled (k : nat) (x : state V S) := forall v, rank v <= k -> x v = z v.

  Lemma update_settled : forall k x v, settled k x -> rank v <= Datatypes.S k -> update v x = z v.
  Proof.
    intros k x v Hx Hv. transitivity (update v z); [|apply z_fixed].
    apply reads_smaller_ranks. intros w Hw. apply Hx. lia.
  Qed.

  Lemma settled_kept : forall active k x, settled k x -> settled k (some_step active x).
  Proof.
    intros active k x Hx v Hv. unfold some_step. destruct (active v); [|now apply Hx].
    apply update_settled with (k := k); [assumption | lia].
  Qed.

  Fixpoint steps (schedule : list (V -> bool)) (x : state V S) : state V S :=
    match schedule with
    | nil => x
    | active :: rest => steps rest (some_step active x)
    end.

  Lemma one_kept : forall schedule k x v, settled k x -> rank v <= Datatypes.S k -> x v = z v ->
    steps schedule x v = z v.
  Proof.
    induction schedule as [|active rest IH]; intros k x v Hx Hv Heq; simpl; [assumption|].
    apply (IH k); [now apply settled_kept | assumption |].
    unfold some_step. destruct (active v); [now apply update_settled with (k := k) | assumption].
  Qed.

  Definition fair (round : list (V -> bool)) := forall v, exists active, In active round /\ active v = true.

  Lemma round_settles : forall round k x, settled k x ->
    (forall v, rank v = Datatypes.S k -> exists active, In active round /\ active v = true) ->
    settled (Datatypes.S k) (steps round x).
  Proof.
    intros round k x Hx Hfair v Hv.
    destruct (Nat.eq_dec (rank v) (Datatypes.S k)) as [Heq|Hne].
    - specialize (Hfair v Heq). revert x Hx.
      induction round as [|active rest IH]; intros x Hx.
      + destruct Hfair as [? [[] _]].
      + simpl. destruct (active v) eqn:Ha.
        * apply (one_kept rest k); [now apply settled_kept | assumption |].
          unfold some_step. rewrite Ha. apply update_settled with (k := k); [assumption | lia].
        * apply IH; [|now apply settled_kept].
          destruct Hfair as [other [[->|Hin] Hother]]; [congruence | now exists other].
    - apply (one_kept round k); [assumption | lia | apply Hx; lia].
  Qed.

  Fixpoint rounds (schedule : list (list (V -> bool))) (x : state V S) : state V S :=
    match schedule with
    | nil => x
    | round :: rest => rounds rest (steps round x)
    end.

  Lemma rounds_settle : forall schedule, (forall round, In round schedule -> fair round) ->
    forall k x, settled k x -> settled (length schedule + k) (rounds schedule x).
  Proof.
    induction schedule as [|round rest IH]; intros Hfair k x Hx; simpl; [assumption|].
    replace (Datatypes.S (length rest + k)) with (length rest + Datatypes.S k) by lia.
    apply IH.
    - intros other Hin. apply Hfair. now right.
    - apply round_settles; [assumption|]. intros v _. apply (Hfair round (or_introl eq_refl)).
  Qed.

  (** Any fair schedule settles everything of rank at most T within T rounds, from any state. *)
  Theorem fair_schedules_settle : forall schedule, (forall round, In round schedule -> fair round) ->
    forall x v, rank v <= length schedule -> rounds schedule x v = z v.
  Proof.
    intros schedule Hfair x v Hv.
    assert (H0 : settled 0 x). { intros w Hw. pose proof (rank_positive w). lia. }
    apply (rounds_settle schedule Hfair 0 x H0 v). lia.
  Qed.

  Fixpoint wavefront (k : nat) (x : state V S) : state V S :=
    match k with
    | 0 => x
    | Datatypes.S j => some_step (fun v => rank v =? Datatypes.S j) (wavefront j x)
    end.

  (** Updating only rank k at step k, so that each variable is updated once, settles as fast. *)
  Theorem wavefront_settles : forall k x v, rank v <= k -> wavefront k x v = z v.
  Proof.
    induction k as [|k IH]; intros x v Hv.
    - pose proof (rank_positive v). lia.
    - simpl. unfold some_step. destruct (Nat.eqb_spec (rank v) (Datatypes.S k)) as [Heq|Hne].
      + apply update_settled with (k := k); [intros w Hw; now apply IH | lia].
      + apply IH. lia.
  Qed.
End Asynchronous.
