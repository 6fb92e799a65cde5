(** The unit step ascends the energy.

    At a state where the maps and the cost are differentiable and every s_v is linear and continuous, the step of
    Network.v is  x_v <- x_v + dE/ds_v,  s_v <- s_v + dE/dx_v:  one Euler step, of size 1, of the saddle-point dynamics
    dx/dt = dE/ds, ds/dt = dE/dx. *)

From Coq Require Import Reals Arith Lia Lra.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Gradient Sums Network.
Open Scope nat_scope.

Section Ascent.
  Variable Theta : NormedModule R_AbsRing.
  Variable X : nat -> NormedModule R_AbsRing.
  Variable n : nat.
  Local Notation E := (Gradient.E Theta X).
  Local Notation instead := (@Network.instead X).
  Local Notation along := (@Network.along Theta X).
  Variable f : forall v, E v -> X v.
  Variable Df : forall v, E v -> E v -> X v.
  Variable cost : E n -> R_NormedModule.
  Variable Dcost : E n -> E n -> R_NormedModule.
  Variable parent : nat -> nat -> bool.
  Hypothesis f_reads_parents : forall v e e', v < n -> agree_at_parents parent v v e e' -> f v e = f v e'.
  Variable theta : Theta.

  Variable x : forall v, X v.
  Variable s : forall v, X v -> R_NormedModule.
  Hypothesis f_differentiable_here : forall v, v < n ->
    filterdiff (f v) (locally (collect theta x v)) (Df v (collect theta x v)).
  Hypothesis cost_differentiable_here :
    filterdiff cost (locally (collect theta x n)) (Dcost (collect theta x n)).
  Hypothesis s_linear : forall v, v < n -> is_linear (s v).

  (** x with x_u replaced by y. *)
  Definition moved (u : nat) (y : X u) : forall v, X v := fun v => instead u y v (x v).

  Lemma collect_at_rest : forall u v, collect theta (moved u (x u)) v = collect theta x v.
  Proof.
    intros u v. apply collect_ext. intros w _. unfold moved.
    destruct (Nat.eq_dec u w) as [<-|Hne]; [apply instead_same | now apply instead_other].
  Qed.

  Lemma instead_differentiable : forall u v other e,
    filterdiff (fun y => instead u y v other) (locally e) (fun w => instead u w v zero).
  Proof.
    intros u v other e. destruct (Nat.eq_dec u v) as [<-|Hne].
    - apply filterdiff_ext with (fun y => y); [intro y; symmetry; apply instead_same|].
      apply (filterdiff_ext_lin _ (fun w => w)); [apply filterdiff_id | intro w; symmetry; apply instead_same].
    - apply filterdiff_ext with (fun _ => other); [intro y; symmetry; now apply instead_other|].
      apply (filterdiff_ext_lin _ (fun _ => zero)); [apply filterdiff_const|].
      intro w. symmetry. now apply instead_other.
  Qed.

  Lemma moved_differentiable : forall u v,
    filterdiff (fun y => collect theta (moved u y) v) (locally (x u)) (fun w => along u w v).
  Proof.
    intros u. unfold Network.along. induction v as [|v IH]; simpl; [apply filterdiff_const|].
    apply (filterdiff_comp'_2 (fun y => collect theta (moved u y) v) (fun y => moved u y v)
             (fun a b => (a, b) : prod_NormedModule R_AbsRing (E v) (X v)) (x u)
             (fun w => collect zero (fun v => instead u w v zero) v) (fun w => instead u w v zero)
             (fun a b => (a, b) : prod_NormedModule R_AbsRing (E v) (X v))).
    - exact IH.
    - apply instead_differentiable.
    - apply filterdiff_linear. apply is_linear_prod; [apply is_linear_fst | apply is_linear_snd].
  Qed.

  Lemma linear_minus : forall v a b, v < n -> s v (minus a b) = (s v a - s v b)%R.
  Proof.
    intros v a b Hv. destruct (s_linear v Hv) as [additive homogeneous _].
    assert (Hopp : s v (opp b) = opp (s v b)).
    { transitivity (s v (scal (opp one) b)).
      - apply f_equal. symmetry. exact (scal_opp_one b).
      - rewrite homogeneous. exact (scal_opp_one (s v b)). }
    unfold minus. rewrite additive, Hopp. reflexivity.
  Qed.

  (** The derivative of the energy in x_u is what the step adds to s_u, ... *)
  Lemma energy_in_x : forall u, u < n ->
    filterdiff (fun y => energy f cost theta (moved u y) s) (locally (x u))
      (fun w => minus (new_sensitivity Df Dcost parent theta u x s w) (s u w)).
  Proof.
    intros u Hu.
    apply (filterdiff_ext_lin _ (fun w => plus
      (sum_below n (fun v => s v (minus (Df v (collect theta x v) (along u w v)) (instead u w v zero)))
        : R_NormedModule)
      (Dcost (collect theta x n) (along u w n)))).
    - apply (filterdiff_plus_fct
        (fun y => sum_below n (fun v => s v (minus (f v (collect theta (moved u y) v)) (moved u y v)))
        : R_NormedModule)
        (fun y => cost (collect theta (moved u y) n))).
      + apply (sum_below_differentiable (X u) (x u) n
                 (fun v y => s v (minus (f v (collect theta (moved u y) v)) (moved u y v)))
                 (fun v w => s v (minus (Df v (collect theta x v) (along u w v)) (instead u w v zero)))).
        intros v Hv.
        apply (filterdiff_comp' (fun y => minus (f v (collect theta (moved u y) v)) (moved u y v)) (s v) (x u)
                 (fun w => minus (Df v (collect theta x v) (along u w v)) (instead u w v zero)) (s v)).
        * apply (filterdiff_minus_fct (fun y => f v (collect theta (moved u y) v)) (fun y => moved u y v)).
          -- apply (filterdiff_comp' (fun y => collect theta (moved u y) v) (f v)); [apply moved_differentiable|].
             rewrite collect_at_rest. now apply f_differentiable_here.
          -- apply instead_differentiable.
        * apply filterdiff_linear. now apply s_linear.
      + apply (filterdiff_comp' (fun y => collect theta (moved u y) n) cost); [apply moved_differentiable|].
        rewrite collect_at_rest. exact cost_differentiable_here.
    - intro w.
      rewrite (sum_below_ext n _ (fun v =>
        (if parent u v then s v (Df v (collect theta x v) (along u w v)) else 0) - s v (instead u w v zero))%R).
      + rewrite sum_below_minus, (sum_below_single n u (fun v => s v (instead u w v zero)) Hu).
        * rewrite instead_same. unfold new_sensitivity.
          change (minus ?a ?b) with (a - b)%R. change (plus ?a ?b) with (a + b)%R. lra.
        * intros v Hv Hne. rewrite instead_other by congruence. apply (linear_zero (s v)). now apply s_linear.
      + intros v Hv. rewrite linear_minus by exact Hv. f_equal.
        destruct (parent u v) eqn:Hp; [reflexivity|].
        rewrite (Df_not_parent Theta X n f Df parent) by auto. apply (linear_zero (s v)). now apply s_linear.
  Qed.

  (** ... and the energy is affine in s_u, with what the step adds to x_u as its coefficient. *)
  Lemma energy_in_s : forall u s', u < n -> (forall v, v < n -> v <> u -> s' v = s v) ->
    let dx := minus (new_activation f theta u x) (x u) in
    (energy f cost theta x s' - energy f cost theta x s = s' u dx - s u dx)%R.
  Proof.
    intros u s' Hu H dx. unfold energy, dx, new_activation.
    pose proof (sum_below_minus n (fun v => s' v (minus (f v (collect theta x v)) (x v)))
                  (fun v => s v (minus (f v (collect theta x v)) (x v)))) as Hsum.
    rewrite (sum_below_single n u _ Hu) in Hsum; [lra|].
    intros v Hv Hne. rewrite H by assumption. lra.
  Qed.

  Theorem step_ascends_energy : forall u, u < n ->
    filterdiff (fun y => energy f cost theta (moved u y) s) (locally (x u))
      (fun w => minus (new_sensitivity Df Dcost parent theta u x s w) (s u w)) /\
    forall s', (forall v, v < n -> v <> u -> s' v = s v) ->
      let dx := minus (new_activation f theta u x) (x u) in
      (energy f cost theta x s' - energy f cost theta x s = s' u dx - s u dx)%R.
  Proof. intros u Hu. split; [now apply energy_in_x | intros s' Hs'; now apply energy_in_s]. Qed.
End Ascent.
